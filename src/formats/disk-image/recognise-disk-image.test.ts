import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { fromBytes } from '../../bytes/index.ts'
import { recogniseDiskImage } from './index.ts'

const hasQemu = spawnSync('qemu-img', ['--version']).error === undefined

function imageOf(format: string, options: readonly string[]): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), 'anneal-disk-image-'))
  try {
    const path = join(directory, 'disk')
    execFileSync('qemu-img', ['create', '-q', '-f', format, ...options, path, '1M'])
    return readFileSync(path)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

describe('what qemu-img makes', () => {
  const REFUSED = {
    QED: ['qed'],
    Parallels: ['parallels'],
  } as const
  for (const [name, [format, ...options]] of Object.entries(REFUSED)) {
    test(`${name} is refused by its name`, async (t) => {
      if (!hasQemu) return t.skip('needs qemu-img (qemu-utils)')
      const recognising = recogniseDiskImage(fromBytes(imageOf(format, options)))
      const type = name.split(' with')[0] ?? ''
      await assert.rejects(
        recognising,
        (error) => isAnnealError(error, 'DISK_IMAGE_UNSUPPORTED') && error.data['type'] === type,
      )
    })
  }

  const READ = {
    raw: [['raw']],
    qcow2: [['qcow2'], ['qcow2', '-o', 'compat=0.10']],
    vmdk: [
      ['vmdk'],
      ['vmdk', '-o', 'subformat=streamOptimized'],
      ['vmdk', '-o', 'subformat=monolithicFlat'],
      ['vmdk', '-o', 'subformat=twoGbMaxExtentSparse'],
    ],
    vhdx: [['vhdx'], ['vhdx', '-o', 'subformat=fixed']],
    vdi: [['vdi'], ['vdi', '-o', 'static=on']],
    vhd: [
      ['vpc', '-o', 'subformat=dynamic'],
      ['vpc', '-o', 'subformat=fixed'],
      ['vpc', '-o', 'subformat=fixed,force_size=on'],
    ],
  } as const
  for (const [type, kinds] of Object.entries(READ)) {
    test(`${type} is read`, async (t) => {
      if (!hasQemu) return t.skip('needs qemu-img (qemu-utils)')
      for (const [format, ...options] of kinds) {
        assert.equal(await recogniseDiskImage(fromBytes(imageOf(format, options))), type)
      }
    })
  }

  test('a fixed VHD with the shorter footer of old versions is one', async (t) => {
    if (!hasQemu) return t.skip('needs qemu-img (qemu-utils)')
    const image = imageOf('vpc', ['-o', 'subformat=fixed,force_size=on'])
    assert.equal(await recogniseDiskImage(fromBytes(image.subarray(0, -1))), 'vhd')
    // A disk whose last bytes happen to be these, and not where a footer would be.
    assert.equal(await recogniseDiskImage(fromBytes(image.subarray(1))), 'raw')
  })
})

test('an ISO image is one, whatever partition table it has', async () => {
  const bytes = new Uint8Array(64 * 1024)
  bytes.set(new TextEncoder().encode('CD001'), 32_769)
  bytes.set([0x55, 0xaa], 510)
  assert.equal(await recogniseDiskImage(fromBytes(bytes)), 'iso')
})

test('a file too short for any signature is raw', async () => {
  for (const size of [0, 1, 3, 512, 1024, 32_773]) {
    assert.equal(await recogniseDiskImage(fromBytes(new Uint8Array(size))), 'raw')
  }
})
