import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { buildPackage } from '../integration/packages/support/package-chroot.ts'

/** Debian's own look at the package. It takes most of a minute, because it reads all of Node. */
const run = promisify(execFile)

describe('the Debian package', { skip: existsSync('/usr/bin/lintian') ? false : 'needs lintian' }, () => {
  it('gives lintian nothing to complain of, beyond what packaging/debian/lintian-overrides explains', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'anneal-lintian-'))
    try {
      const argv = ['--allow-root', '--tag-display-limit', '0', await buildPackage(dir)]
      assert.equal((await run('lintian', argv)).stdout, '')
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  })
})
