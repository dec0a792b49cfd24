import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { grubCoreDisk } from '../../../test/fixtures/grub-program.ts'
import { ALGORITHMS } from '../../adapters/codec/index.ts'
import { fromBytes } from '../../bytes/index.ts'
import { moduleName } from '../elf/index.ts'
import { openGrubCore, readGrubImage } from './index.ts'
import type { GrubImage } from './index.ts'

const TOLD = {
  prefix: '(,gpt2)/boot/grub',
  configuration: 'search.fs_uuid 1 root\n',
  modules: ['biosdisk', 'part_gpt', 'ext2'],
}
const DISK = grubCoreDisk(TOLD)

async function read(disk: Uint8Array): Promise<GrubImage | undefined> {
  const bytes = await openGrubCore(fromBytes(disk), ALGORITHMS)
  return bytes && readGrubImage(bytes, 'core', moduleName)
}

function changed(change: (disk: Buffer) => void): Uint8Array {
  const disk = Buffer.from(DISK)
  change(disk)
  return disk
}

describe('the core image of GRUB for BIOS', () => {
  test('says what grub-mkimage put into it', async () => {
    const { modules, ...rest } = (await read(DISK)) ?? {}
    assert.deepEqual(rest, { prefix: TOLD.prefix, configuration: TOLD.configuration })
    assert.deepEqual([...(modules ?? [])], TOLD.modules)
  })

  test('is none where the boot sector is of another loader, or leads nowhere', async () => {
    const others: Uint8Array[] = [
      new Uint8Array(1024),
      changed((disk) => disk.fill(0, 0x180, 0x190)),
      changed((disk) => disk.writeBigUInt64LE(0n, 0x5c)),
      changed((disk) => disk.writeBigUInt64LE(1n << 40n, 0x5c)),
      changed((disk) => disk.writeBigUInt64LE(1n << 40n, 35 * 512 - 12)),
      DISK.subarray(0, 40 * 512),
    ]
    for (const disk of others) assert.equal(await read(disk), undefined)
  })

  test('is not unpacked again and again where many bytes look like the instruction that says where it begins', async () => {
    const disk = changed((bytes) => {
      for (let at = 35 * 512 + 0x20; at < 37 * 512 - 5; at += 5) {
        bytes[at] = 0xbe
        bytes.writeUInt32LE(0x8200 + 1024, at + 1)
      }
    })
    let attempts = 0
    const unpack = async (): Promise<number> => {
      attempts += 1
      return 0
    }
    assert.equal(await openGrubCore(fromBytes(disk), { unpack }), undefined)
    assert.equal(attempts, 4)
  })

  test('is none where it is damaged, and where it says that it is huge', async () => {
    const packed = 44 * 512
    const others: Uint8Array[] = [
      changed((disk) => disk.fill(0xff, packed + 40, packed + 80)),
      changed((disk) => disk.writeUInt32LE(0xffff_ffff, 35 * 512 + 12)),
      changed((disk) => disk.fill(0, 35 * 512 + 0x80, 35 * 512 + 0x90)),
    ]
    for (const disk of others) assert.equal(await read(disk), undefined)
  })
})
