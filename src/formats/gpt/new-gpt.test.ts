import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { fromBytes, patched, zeros } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import {
  addGptPartition,
  emptyGptTable,
  newGpt,
  openGpt,
  protectiveMbr,
  readGptTable,
  stretchProtectiveMbr,
} from './index.ts'
import type { GptDisk, GptTable } from './index.ts'

const DISK = '8b0c0c6e-3f0a-4e51-9a3c-0a5d1f2b3c4d'
const LINUX = '0fc63daf-8483-4772-8e79-3d69d8477de4'

function diskOf(table: GptTable, disk: GptDisk): ByteSource {
  const mbr = { offsetBytes: 0, bytes: protectiveMbr(disk) }
  return patched(zeros(disk.diskBytes), [mbr, ...newGpt(table, disk)])
}

function withRoot(sectorSizeBytes: number, name = 'root'): GptTable {
  const added = addGptPartition(emptyGptTable(DISK, sectorSizeBytes), {
    typeGuid: LINUX,
    partGuid: DISK,
    firstSector: 256,
    lastSector: 511,
    attributes: 1n << 60n,
    name,
  })
  assert.ok(added)
  return added
}

describe('a new GPT', () => {
  it('is read back without a warning on disks of every size', async () => {
    const sizes = fc.tuple(fc.constantFrom(512, 4096), fc.integer({ min: 1024, max: 2 ** 33 }))
    await fc.assert(
      fc.asyncProperty(sizes, async ([sectorSizeBytes, sectors]) => {
        const disk = { sectorSizeBytes, diskBytes: sectors * sectorSizeBytes }
        const table = await openGpt(diskOf(withRoot(sectorSizeBytes), disk), {
          sectorSizeBytes: sectorSizeBytes as 512,
        })
        assert.deepEqual(table.warnings, [])
        assert.equal(table.id, DISK)
        const [{ label, partUuid, type, offsetBytes, lengthBytes, flags } = assert.fail()] = table.partitions
        assert.deepEqual([label, partUuid, type, flags], ['root', DISK, LINUX, ['read-only']])
        assert.deepEqual([offsetBytes, lengthBytes], [256 * sectorSizeBytes, 256 * sectorSizeBytes])
      }),
      { numRuns: 40 },
    )
  })

  it('keeps the entries of an image, and goes to another disk', async () => {
    const small = { sectorSizeBytes: 512, diskBytes: 1 << 20 }
    const read = await readGptTable(diskOf(withRoot(512), small), 512)
    assert.equal(read.endSector, 512)
    const large = { sectorSizeBytes: 512, diskBytes: 1 << 30 }
    const { partitions, warnings } = await openGpt(diskOf(read, large))
    assert.deepEqual(warnings, [])
    assert.equal(partitions.length, 1)
  })

  it('has no room for a partition more than it has entries', () => {
    const full = { ...emptyGptTable(DISK, 512), entries: new Uint8Array(128).fill(1) }
    const one = { typeGuid: LINUX, partGuid: DISK, firstSector: 1, lastSector: 2, name: '' }
    assert.equal(addGptPartition(full, one), undefined)
  })
})

describe('the protective MBR', () => {
  const disk = { sectorSizeBytes: 512, diskBytes: 1 << 30 }
  it('holds all of a disk, or as much as fits into its field', () => {
    const sectors = (mbr: Uint8Array): number => new DataView(mbr.buffer).getUint32(458, true)
    assert.equal(sectors(protectiveMbr(disk)), (1 << 21) - 1)
    assert.equal(sectors(protectiveMbr({ ...disk, diskBytes: 2 ** 43 })), 0xff_ff_ff_ff)
  })

  it('is stretched with its boot code; a hybrid one stays as it is', async () => {
    const own = protectiveMbr({ ...disk, diskBytes: 1 << 20 })
    own.set([0xeb, 0x63], 0)
    const stretched = stretchProtectiveMbr(own, disk)
    assert.deepEqual(stretched.subarray(0, 446), own.subarray(0, 446))
    assert.deepEqual(stretched.subarray(446), protectiveMbr(disk).subarray(446))
    own.set([0x80, 0, 0, 0, 0x83, 0, 0, 0, 34, 0, 0, 0, 10, 0, 0, 0], 462)
    assert.deepEqual(stretchProtectiveMbr(own, disk), own)
    assert.equal((await fromBytes(own).read(0, 512)).length, 512)
  })
})
