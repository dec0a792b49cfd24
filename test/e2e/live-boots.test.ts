import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { atomicImage, debianImage, erofsUtils } from '../../lab/index.ts'
import { ROOT } from '../../scripts/source/index.ts'

/**
 * A live image boots to a login prompt on a machine without any disk: a deployment of ostree by its own dracut, and a Debian by
 * its own initramfs-tools, with the root image in the ramdisk: squashfs or EROFS, with or without dm-verity. Under QEMU without
 * KVM: several minutes each. Needs root, and what lab/atomic/build-full-image.sh names, jq and qemu-system-x86. The systems are
 * built once and kept in the test bed's directory.
 */
const run = promisify(execFile)
const MINUTE_MS = 60_000
const MEMORY_MIB = '1024'
/** The deployment's root image is 473 MiB as an EROFS, and the ramdisk may take half of the memory. */
const MEMORY_OF_EROFS_MIB = '2048'
/** On a busy machine systemd's 90 s are over before the device of the console is there, and no login prompt comes. */
const PATIENT = ['--karg', 'systemd.default_timeout_start_sec=900']

describe('a live image, on a machine without a disk', { timeout: 120 * MINUTE_MS }, () => {
  it('boots a deployment of ostree to a login prompt', async () => {
    const { end } = await boot(await atomicImage('gpt-xfs', 'live'))
    assert.equal(end, 'login')
  })

  it('boots a deployment of ostree from an EROFS', async () => {
    const { end, mounted } = await boot(
      await atomicImage('gpt-xfs', 'live'),
      ['--root-format', 'erofs'],
      MEMORY_OF_EROFS_MIB,
    )
    assert.equal(end, 'login')
    assert.match(mounted, /erofs: /)
  })

  it('boots a Debian with initramfs-tools to a login prompt', async () => {
    const { end, mounted } = await boot(await debianImage())
    assert.equal(end, 'login')
    assert.match(mounted, /squashfs: /)
  })

  it('boots a Debian from an EROFS', async () => {
    const { end, mounted } = await boot(await debianImage(), ['--root-format', 'erofs'])
    assert.equal(end, 'login')
    assert.match(mounted, /erofs: /)
  })

  for (const format of ['squashfs', 'erofs'])
    it(`boots a Debian from a ${format} that dm-verity checks`, async () => {
      const { end, mounted } = await boot(await debianImage(), ['--root-format', format, '--verity'])
      assert.equal(end, 'login')
      assert.match(mounted, /verity: sha256/)
    })
})

/** The exit code of the script is 0 for a login prompt only; what it prints says which end it was. */
async function boot(
  image: string,
  flags: readonly string[] = [],
  memoryMib = MEMORY_MIB,
): Promise<{ end: string; mounted: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'anneal-live-'))
  try {
    const out = join(directory, 'out')
    const env = { ...process.env, PATH: `${await erofsUtils()}:${process.env['PATH'] ?? ''}` }
    await run(join(ROOT, 'anneal'), ['image', 'convert', image, '--live', ...flags, ...PATIENT, '-o', out], {
      env,
    })
    const log = `${out}.log`
    const { stdout } = await run(join(ROOT, 'lab/live/boot-live.sh'), [out, log, memoryMib, '1200']).catch(
      (error: { stdout: string }) => error,
    )
    const said = await readFile(log, 'latin1')
    const mounted = said.split('\n').filter((line) => /squashfs: |erofs: |verity: /.test(line))
    return { end: stdout.split(' ')[0] ?? '', mounted: mounted.join('\n') }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
