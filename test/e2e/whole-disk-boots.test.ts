import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { testSystem } from '../../lab/index.ts'
import { ROOT } from '../../scripts/source/index.ts'

/**
 * Real boot loaders read entries that were changed while the disk streamed past: systemd-boot from FAT, GRUB from ext4
 * and XFS, in files that became longer. Under QEMU without KVM, by UEFI: a minute each. Needs what
 * lab/atomic/make-boot-disk.sh names.
 */
const run = promisify(execFile)
const lab = (script: string): string => join(ROOT, 'lab/atomic', script)

describe('a whole disk with changed kernel arguments', { timeout: 20 * 60_000 }, () => {
  for (const loader of ['systemd-boot', 'grub-ext4', 'grub-xfs']) {
    it(`boots with them by ${loader}, and without them as it was`, async () => {
      const dir = await mkdtemp(join(tmpdir(), 'anneal-whole-disk-boots-'))
      try {
        const { kernel } = await testSystem()
        const disk = join(dir, 'disk.raw')
        await run(lab('make-boot-disk.sh'), [loader, dirname(kernel), disk])
        const out = join(dir, 'out')
        const flags = ['--whole-disk', '--karg', 'anneal.test=yes', '--delete-karg', 'quiet', '-o', out]
        await run(join(ROOT, 'anneal'), ['image', 'convert', disk, ...flags])
        assert.match(await boot(join(out, 'base.raw'), dir), new RegExp(`via=${loader} anneal\\.test=yes$`))
        assert.match(await boot(disk, dir), new RegExp(`via=${loader} quiet$`))
      } finally {
        await rm(dir, { recursive: true, force: true })
      }
    })
  }
})

async function boot(disk: string, dir: string): Promise<string> {
  const { stdout } = await run(lab('boot-disk.sh'), [disk, join(dir, 'serial.log')])
  return stdout.trim()
}
