import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { endOf, fromBytes, zeros } from '../../bytes/index.ts'
import type { ByteSource, Extent, ExtentKind } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { openGpt } from '../../formats/gpt/index.ts'
import { openMbr } from '../../formats/mbr/index.ts'
import { LINUX_TYPE, layoutTrio, layoutWholeDisk, partsOf, placePieces, planPieces } from './index.ts'
import type { DiskPart, TargetDisk } from './index.ts'

const MIB = 1 << 20
const ROOT = { typeGuid: LINUX_TYPE, label: 'root' }
const digest = (text: string): string => `sha256:${Buffer.from(text.padEnd(32)).toString('hex').slice(-64)}`
const target = (diskBytes: number, more: Partial<TargetDisk> = {}): TargetDisk => ({
  diskBytes,
  sectorSizeBytes: 512,
  seed: 'seed',
  digest,
  ...more,
})
const drive = fromBytes(new Uint8Array(400_000).fill(7), 'drive')

/** The disk as a machine would have it, where all that is not written is 0xaa. */
async function written(
  parts: readonly DiskPart[],
  image: ByteSource,
  diskBytes: number,
): Promise<ByteSource> {
  const bytes = new Uint8Array(diskBytes).fill(0xaa)
  for (const part of parts) {
    const { offsetBytes, lengthBytes } = part
    if (part.holds === 'zero') bytes.fill(0, offsetBytes, offsetBytes + lengthBytes)
    else if (part.holds === 'own') bytes.set(await part.source.read(0, lengthBytes), offsetBytes)
    else bytes.set(await image.read(part.imageOffsetBytes, lengthBytes), offsetBytes)
  }
  return fromBytes(bytes, 'disk')
}

describe('a disk for a root', () => {
  const base = fromBytes(new Uint8Array(3 * MIB).fill(5), 'base')

  for (const sectorSizeBytes of [512, 4096] as const) {
    it(`has a partition to its end, and zeros around it, with sectors of ${sectorSizeBytes} bytes`, async () => {
      const disk = target(16 * MIB, { sectorSizeBytes })
      const image = await written(partsOf(layoutTrio(base, ROOT, disk), base), base, disk.diskBytes)
      const { partitions, warnings } = await openGpt(image, { sectorSizeBytes })
      assert.deepEqual(warnings, [])
      assert.deepEqual(
        partitions.map((one) => [one.offsetBytes, one.lengthBytes, one.label]),
        [[MIB, 14 * MIB, 'root']],
      )
      assert.deepEqual(await image.read(MIB, base.size), await base.read(0, base.size))
      for (const at of [MIB - 1, 4 * MIB, 15 * MIB - 1])
        assert.equal((await image.read(at, 1))[0], 0, `byte ${at}`)
      assert.equal((await image.read(8 * MIB, 1))[0], 0xaa)
    })
  }

  it('has the config drive behind the root', async () => {
    const disk = target(16 * MIB, { configDrive: drive })
    const image = await written(partsOf(layoutTrio(base, ROOT, disk), base), base, disk.diskBytes)
    const { partitions, warnings } = await openGpt(image)
    assert.deepEqual(warnings, [])
    assert.deepEqual(
      partitions.map((one) => [one.offsetBytes, one.lengthBytes, one.label]),
      [
        [MIB, 13 * MIB, 'root'],
        [14 * MIB, MIB, 'config-2'],
      ],
    )
    assert.deepEqual(await image.read(14 * MIB, drive.size), await drive.read(0, drive.size))
    assert.equal((await image.read(15 * MIB - 1, 1))[0], 0)
    const guids = new Set(partitions.map(({ partUuid }) => partUuid))
    assert.equal(guids.size, 2)
  })

  it('is the same for the same seed, and another for another', () => {
    const layout = (seed: string) => layoutTrio(base, ROOT, target(16 * MIB, { seed }))
    assert.deepEqual(layout('a').patches, layout('a').patches)
    assert.notDeepEqual(layout('a').patches, layout('b').patches)
  })

  it('refuses a disk that is too small by one sector, with numbers that are enough', () => {
    const needed = (() => {
      try {
        layoutTrio(base, ROOT, target(4 * MIB))
      } catch (error) {
        assert.ok(isAnnealError(error, 'DEPLOY_DISK_TOO_SMALL'))
        return Number(error.data['neededBytes'])
      }
      return assert.fail()
    })()
    layoutTrio(base, ROOT, target(needed))
    assert.throws(() => layoutTrio(base, ROOT, target(needed - 512)), { code: 'DEPLOY_DISK_TOO_SMALL' })
  })
})

describe('a whole disk', () => {
  async function gptImage(): Promise<ByteSource> {
    const base = fromBytes(new Uint8Array(3 * MIB).fill(5), 'base')
    const layout = layoutTrio(base, ROOT, target(6 * MIB))
    return written(partsOf(layout, base), base, 6 * MIB)
  }

  it('keeps its table; the backup goes to the end of the disk, or with it', async () => {
    const image = await gptImage()
    for (const diskBytes of [6 * MIB, 7 * MIB, 20 * MIB + 512, 6 * MIB - 512 * 900]) {
      const layout = await layoutWholeDisk(image, 'gpt', target(diskBytes))
      const disk = await written(partsOf(layout, image), image, diskBytes)
      const { partitions, warnings, id } = await openGpt(disk)
      assert.deepEqual(warnings, [])
      assert.equal(id, (await openGpt(image)).id)
      assert.deepEqual(await disk.read(MIB, 3 * MIB), await image.read(MIB, 3 * MIB))
      assert.equal(partitions.length, 1)
    }
    await assert.rejects(layoutWholeDisk(image, 'gpt', target(5 * MIB)), { code: 'DEPLOY_DISK_TOO_SMALL' })
  })

  it('has a partition more for the config drive', async () => {
    const image = await gptImage()
    const layout = await layoutWholeDisk(image, 'gpt', target(20 * MIB, { configDrive: drive }))
    const disk = await written(partsOf(layout, image), image, 20 * MIB)
    const { partitions, warnings } = await openGpt(disk)
    assert.deepEqual(warnings, [])
    const [, second] = partitions
    assert.deepEqual([second?.label, second?.offsetBytes, second?.lengthBytes], ['config-2', 18 * MIB, MIB])
    assert.deepEqual(await disk.read(18 * MIB, drive.size), await drive.read(0, drive.size))
    const needs = target(6 * MIB, { configDrive: drive })
    await assert.rejects(layoutWholeDisk(image, 'gpt', needs), { code: 'DEPLOY_DISK_TOO_SMALL' })
  })

  it('with an MBR has a primary partition more, and refuses where there is none left', async () => {
    const bytes = new Uint8Array(4 * MIB)
    bytes.set([0x55, 0xaa], 510)
    bytes.set([0x80, 0, 0, 0, 0x83, 0, 0, 0, 0, 8, 0, 0, 0, 8, 0, 0], 446)
    const image = fromBytes(bytes, 'image')
    const configured = target(20 * MIB, { configDrive: drive })
    const layout = await layoutWholeDisk(image, 'mbr', configured)
    const { partitions, warnings } = await openMbr(await written(partsOf(layout, image), image, 20 * MIB))
    assert.deepEqual(warnings, [])
    assert.deepEqual(
      partitions.map(({ offsetBytes, lengthBytes, type, bootable }) => [
        offsetBytes,
        lengthBytes,
        type,
        bootable,
      ]),
      [
        [MIB, MIB, '0x83', true],
        [19 * MIB, MIB, '0x83', false],
      ],
    )
    // Type 0 is a partition for Linux: its entry and its bytes are not given away.
    bytes.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 8, 0, 0], 462)
    const beside = await layoutWholeDisk(image, 'mbr', configured)
    const third = await openMbr(await written(partsOf(beside, image), image, 20 * MIB))
    assert.deepEqual(
      third.partitions.map(({ offsetBytes, type }) => [offsetBytes, type]),
      [
        [MIB, '0x83'],
        [2 * MIB, '0x00'],
        [19 * MIB, '0x83'],
      ],
    )
    await assert.rejects(layoutWholeDisk(image, 'mbr', target(2 * MIB + 1024)), {
      code: 'DEPLOY_DISK_TOO_SMALL',
    })
    for (const at of [462, 478, 494]) bytes.set(bytes.subarray(446, 462), at)
    await assert.rejects(layoutWholeDisk(image, 'mbr', configured), { code: 'DEPLOY_PARTITIONS_FULL' })
    await assert.rejects(layoutWholeDisk(image, 'none', configured), { code: 'DEPLOY_PARTITIONS_FULL' })
    await assert.rejects(layoutWholeDisk(image, 'mbr', target(MIB)), { code: 'DEPLOY_DISK_TOO_SMALL' })
    await assert.rejects(layoutWholeDisk(image, 'none', target(MIB)), { code: 'DEPLOY_DISK_TOO_SMALL' })
  })
})

describe('pieces', () => {
  const PIECE = 256 * 1024
  const BLOCK = 4096
  const kinds = fc.constantFrom<ExtentKind>('data', 'zero', 'unallocated')
  const lists = fc.array(fc.tuple(fc.integer({ min: 1, max: 400 }), kinds), { minLength: 1, maxLength: 30 })

  it('hold all that is in use, once, in order, and none is longer than asked for', async () => {
    await fc.assert(
      fc.asyncProperty(lists, async (list) => {
        const image = imageOf(list, BLOCK)
        const pieces = await planPieces(image, PIECE)
        let at = 0
        for (const piece of pieces) {
          assert.ok(piece.offsetBytes >= at && piece.lengthBytes > 0)
          assert.ok(piece.used.length === 0 || piece.lengthBytes <= PIECE)
          assert.equal(piece.offsetBytes % BLOCK, 0)
          at = endOf(piece)
        }
        const within = (
          offset: number,
          ranges: readonly Readonly<{ offsetBytes: number; lengthBytes: number }>[],
        ) => ranges.some((one) => one.offsetBytes <= offset && offset < endOf(one))
        const used = pieces.flatMap((piece) => piece.used)
        for await (const extent of image.extents?.(0, image.size) ?? []) {
          for (let block = extent.offsetBytes; block < endOf(extent); block += BLOCK) {
            assert.equal(within(block, used), extent.kind === 'data')
            if (extent.kind !== 'unallocated') assert.ok(within(block, pieces))
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  it('of a disk do not overlap, and the first block comes last', async () => {
    const image = imageOf([[4096, 'data']], BLOCK)
    const layout = layoutTrio(image, ROOT, target(64 * MIB, { configDrive: drive }))
    const pieces = placePieces(partsOf(layout, image), await planPieces(image, PIECE), PIECE)
    assert.equal(pieces.at(-1)?.offsetBytes, 0)
    const sorted = pieces.toSorted((a, b) => a.offsetBytes - b.offsetBytes)
    for (const [index, piece] of sorted.entries())
      assert.ok(endOf(piece) <= (sorted[index + 1]?.offsetBytes ?? layout.diskBytes))
  })

  it('of the image are the same on disks of every size', async () => {
    const image = imageOf([[2048, 'data']], BLOCK)
    const plan = await planPieces(image, PIECE)
    const keys = [32, 64].map((mib) =>
      placePieces(partsOf(layoutTrio(image, ROOT, target(mib * MIB)), image), plan, PIECE).flatMap((piece) =>
        piece.holds === 'image' ? [`${piece.imageOffsetBytes} ${piece.lengthBytes}`] : [],
      ),
    )
    assert.deepEqual(keys[0], keys[1])
  })
})

function imageOf(list: readonly (readonly [number, ExtentKind])[], unit: number): ByteSource {
  const size = list.reduce((sum, [count]) => sum + count * unit, 0)
  return {
    ...zeros(size, 'image'),
    async *extents(): AsyncGenerator<Extent, void, undefined> {
      let offsetBytes = 0
      for (const [count, kind] of list) {
        yield { offsetBytes, lengthBytes: count * unit, kind }
        offsetBytes += count * unit
      }
    },
  }
}
