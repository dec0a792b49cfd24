import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { atomicImage, debianImage } from '../../lab/index.ts'
import { ROOT } from '../../scripts/source/index.ts'

/**
 * A live image boots to a login prompt on a machine without any disk: a deployment of ostree by its own dracut, and a Debian by
 * its own initramfs-tools, with the root image in the ramdisk. Under QEMU without KVM: several minutes each. Needs root, and what
 * lab/atomic/build-full-image.sh names, jq and qemu-system-x86. The systems are built once and kept in the test bed's directory.
 */
const run = promisify(execFile)
const MINUTE_MS = 60_000
const MEMORY_MIB = '1024'

describe('a live image, on a machine without a disk', { timeout: 60 * MINUTE_MS }, () => {
  it('boots a deployment of ostree to a login prompt', async () => {
    assert.equal(await boot(await atomicImage('gpt-xfs', 'live')), 'login')
  })

  it('boots a Debian with initramfs-tools to a login prompt', async () => {
    assert.equal(await boot(await debianImage()), 'login')
  })
})

async function boot(image: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'anneal-live-'))
  try {
    const out = join(directory, 'out')
    await run(join(ROOT, 'anneal'), ['image', 'convert', image, '--live', '-o', out])
    // Its exit code is 0 for a login prompt only; what it prints says which end it was.
    const script = join(ROOT, 'lab/live/boot-live.sh')
    const { stdout } = await run(script, [out, `${out}.log`, MEMORY_MIB, '1200']).catch(
      (error: { stdout: string }) => error,
    )
    return stdout.split(' ')[0] ?? ''
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
