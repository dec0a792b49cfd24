import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { atomicImage } from '../../lab/index.ts'
import { ROOT } from '../../scripts/source/index.ts'

/**
 * What a conversion makes boots, to a login prompt, on a machine that has nothing but the base; and it would not, had
 * the fstab been left as it was. A real Debian system with ostree, in the layouts of Fedora 21 Atomic (LVM) and Fedora
 * CoreOS (GPT), under QEMU without KVM: several minutes. Needs root, and what lab/atomic/build-full-image.sh names, jq and
 * qemu-system-x86. The system is built once and kept in the test bed's directory.
 */
const run = promisify(execFile)
const MINUTE_MS = 60_000

for (const layout of ['lvm-xfs', 'gpt-xfs'] as const) {
  describe(`the image ${layout}`, { timeout: 40 * MINUTE_MS }, () => {
    it('boots to a login prompt once it is converted, and only with its fstab edited', async () => {
      const dir = await mkdtemp(join(tmpdir(), 'anneal-boots-'))
      try {
        const image = await atomicImage(layout)
        assert.equal((await boot(image, join(dir, 'edited'))).end, 'login')
        assert.equal((await boot(image, join(dir, 'kept'), '--keep-fstab')).end, 'emergency')
      } finally {
        await rm(dir, { recursive: true, force: true })
      }
    })
  })
}

async function boot(image: string, out: string, ...flags: readonly string[]): Promise<{ end: string }> {
  await run(join(ROOT, 'anneal'), ['image', 'convert', image, '-o', out, ...flags])
  // Its exit code is 0 for a login prompt only; what it prints says which end it was.
  const { stdout } = await run(lab('boot-trio.sh'), [out, `${out}.log`, '600']).catch(
    (error: { stdout: string }) => error,
  )
  await rm(out, { recursive: true })
  return { end: stdout.split(' ')[0] ?? '' }
}

function lab(script: string): string {
  return join(ROOT, 'lab/atomic', script)
}
