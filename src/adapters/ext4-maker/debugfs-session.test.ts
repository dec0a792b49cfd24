import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { searchPath } from '../programs/index.ts'
import { DebugfsSession } from './debugfs-session.ts'

const env = { PATH: searchPath(), LC_ALL: 'C.UTF-8' }

test('an image may be named from the directory of the caller, and files from another', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'anneal-debugfs-'))
  try {
    const image = join(dir, 'image')
    try {
      execFileSync('mke2fs', ['-q', '-F', image, '4M'], { env })
    } catch {
      return t.skip('needs mke2fs')
    }
    mkdirSync(join(dir, 'aside'))
    writeFileSync(join(dir, 'aside/one'), 'content\n')
    const { signal } = new AbortController()
    process.chdir(dir)
    await using session = new DebugfsSession('image?offset=0', join(dir, 'aside'), env, signal)
    await session.done('write one two\n')
    await session.close()
    assert.equal(execFileSync('debugfs', ['-R', 'cat two', image], { env, encoding: 'utf8' }), 'content\n')
  } finally {
    process.chdir('/')
    rmSync(dir, { recursive: true, force: true })
  }
})
