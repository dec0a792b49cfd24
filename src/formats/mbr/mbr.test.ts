import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, test } from 'node:test'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import { inWordsOfSfdisk, saidBySfdisk } from '../../../test/fixtures/sfdisk.ts'
import { counting, fromBytes, patched } from '../../bytes/index.ts'
import type { ByteSource, Patch } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { classifyMbr, openMbr, probeMbr } from './index.ts'

const FIXTURES = join(import.meta.dirname, 'fixtures')
const load = (name: string): Promise<ByteSource> => loadImage(join(FIXTURES, `${name}.img.zst`))

describe('reading an MBR', () => {
  for (const path of globSync('*.img.zst', { cwd: FIXTURES })) {
    const name = basename(path, '.img.zst')
    test(`${name} has the partitions that sfdisk lists`, async () => {
      const table = await openMbr(await load(name))
      assert.deepEqual(inWordsOfSfdisk(table), saidBySfdisk(join(FIXTURES, `${name}.json`)))
      assert.equal(await probeMbr(await load(name)), true)
    })
  }

  test('partitions have the PARTUUID that Linux makes, names and a source of their own', async () => {
    const { partitions } = await openMbr(await load('logical'))
    const sixth = partitions.find(({ number }) => number === 6)
    assert.equal(sixth?.partUuid, 'deadbeef-06')
    assert.equal(sixth.typeName, 'Linux LVM')
    assert.equal(sixth.source.size, 2047 * 512)
    assert.match(sixth.source.name, /^partition 6 of /)
  })

  test('a table without logical partitions is read in one read of one sector', async () => {
    const { source, count } = counting(await load('primary'))
    await openMbr(source)
    assert.deepEqual({ ...count }, { reads: 1, bytes: 512, lastEnd: 512 })
  })

  test('a chain that only makes sense in sectors of 4096 bytes is read so, with a word about it', async () => {
    const table = await openMbr(await load('logical-4096'))
    assert.deepEqual(
      table.warnings.map(({ code }) => code),
      ['MBR_SECTOR_SIZE_4096'],
    )
  })

  test('the caller may say how long a sector is', async () => {
    const table = await openMbr(await load('logical-4096'), { sectorSizeBytes: 4096 })
    assert.deepEqual(table.warnings, [])
    assert.equal(table.partitions[0]?.offsetBytes, 256 * 4096)
  })
})

/** One entry of a boot record, ready to be patched in. */
function entry(at: number, status: number, type: number, first: number, sectors: number): Patch {
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, status)
  view.setUint8(4, type)
  view.setUint32(8, first, true)
  view.setUint32(12, sectors, true)
  return { offsetBytes: at, bytes }
}

/** Where the boot records of `logical` lie. */
const FIRST_RECORD = 6144 * 512
const SECOND_RECORD = 10240 * 512

async function refusal(source: ByteSource): Promise<string> {
  const error: unknown = await openMbr(source).catch((caught: unknown) => caught)
  return isAnnealError(error) ? error.code : `not refused: ${String(error)}`
}

/** What Linux 6.1 made of the same tables, as virtio disks. */
describe('what Linux takes for a partition', () => {
  const numbersOf = async (source: ByteSource): Promise<readonly unknown[]> => {
    const { partitions, warnings } = await openMbr(source)
    return [partitions.map(({ number, type }) => `${number} ${type}`), warnings.map(({ code }) => code)]
  }

  test('is an entry of type 0 that has a length, on the disk and in a chain', async () => {
    const primary = patched(await load('primary'), [entry(478, 0, 0, 14_336, 2048)])
    assert.deepEqual(await numbersOf(primary), [['1 0x83', '2 0x8e', '3 0x00', '4 0xef'], ['MBR_TYPE_ZERO']])
    const logical = patched(await load('logical'), [entry(FIRST_RECORD + 446, 0, 0, 2048, 100)])
    assert.match(String((await numbersOf(logical))[0]), /5 0x00,6 0x8e/)
    assert.equal(await classifyMbr(primary), 'mbr')
  })

  test('is a logical one beyond its extended partition, but not in the third or fourth entry', async () => {
    const outside = patched(await load('logical'), [entry(SECOND_RECORD + 446, 0, 0x8e, 2048, 20_000)])
    const { partitions, warnings } = await openMbr(outside)
    assert.equal(partitions.find(({ number }) => number === 6)?.lengthBytes, 20_000 * 512)
    assert.ok(warnings.some(({ code }) => code === 'MBR_LOGICAL_OUTSIDE'))
    const before = await numbersOf(await load('logical'))
    const garbage = patched(await load('logical'), [entry(FIRST_RECORD + 478, 0, 0x83, 1_000_000, 9)])
    assert.deepEqual(await numbersOf(garbage), before)
  })

  test('is nothing beside an entry of type 0xee, whatever its length; one of type 0 makes no hybrid', async () => {
    const empty = patched(await load('primary'), [entry(446, 0, 0xee, 1, 0)])
    assert.equal(await refusal(empty), 'MBR_PROTECTIVE')
    assert.equal(await classifyMbr(empty), 'hybrid')
    const zero = [462, 478, 494].map((at) => entry(at, 0, 0, 1, 9))
    assert.equal(await classifyMbr(patched(empty, zero)), 'protective')
  })
})

describe('an MBR that is not one', () => {
  test('zeros, and what is shorter than a sector, are none', async () => {
    for (const source of [fromBytes(new Uint8Array(8192)), fromBytes(new Uint8Array(100))]) {
      assert.equal(await probeMbr(source), false)
      assert.equal(await refusal(source), 'MBR_MISSING')
    }
  })

  test('the boot sector of a file system, with code in place of entries, is not an MBR', async () => {
    const sector = new Uint8Array(4096).fill(0x4e, 3, 510)
    sector.set([0x55, 0xaa], 510)
    assert.equal(await classifyMbr(fromBytes(sector)), 'none')
    assert.equal(await refusal(fromBytes(sector)), 'MBR_MISSING')
  })

  test('one of type 0xee is protective, and leads to the GPT', async () => {
    const source = patched(await load('primary'), [
      entry(446, 0, 0xee, 1, 32767),
      ...[462, 478, 494].map((at) => entry(at, 0, 0, 0, 0)),
    ])
    assert.equal(await classifyMbr(source), 'protective')
    assert.equal(await probeMbr(source), false)
    assert.equal(await refusal(source), 'MBR_PROTECTIVE')
  })

  test('one of type 0xee beside others is hybrid', async () => {
    const source = patched(await load('primary'), [entry(446, 0, 0xee, 1, 33)])
    assert.equal(await classifyMbr(source), 'hybrid')
    assert.equal(await refusal(source), 'MBR_PROTECTIVE')
  })
})

describe('a hostile MBR', () => {
  test('a partition that reaches beyond the image is refused by its number', async () => {
    const source = patched(await load('primary'), [entry(478, 0, 0x83, 14336, 0xffff_ffff)])
    await assert.rejects(openMbr(source), (error) => {
      assert.ok(isAnnealError(error, 'MBR_PARTITION_OUT_OF_RANGE'))
      assert.equal(error.data['number'], 3)
      assert.equal(error.data['entryOffsetBytes'], 478)
      return true
    })
  })

  test('a logical partition that reaches out of the image is refused', async () => {
    const source = patched(await load('logical'), [entry(SECOND_RECORD + 446, 0, 0x83, 2048, 2_000_000)])
    assert.equal(await refusal(source), 'MBR_PARTITION_OUT_OF_RANGE')
  })

  test('a chain that comes back to its first record ends', async () => {
    const source = patched(await load('logical'), [entry(SECOND_RECORD + 462, 0, 0x05, 0, 4096)])
    assert.equal(await refusal(source), 'MBR_CHAIN_BROKEN')
  })

  test('a link out of the extended partition is not followed', async () => {
    const source = patched(await load('logical'), [entry(SECOND_RECORD + 462, 0, 0x05, 22_528, 4096)])
    assert.equal(await refusal(source), 'MBR_CHAIN_BROKEN')
  })

  test('a record without a signature breaks the chain', async () => {
    const source = patched(await load('logical'), [
      { offsetBytes: FIRST_RECORD + 510, bytes: new Uint8Array(2) },
    ])
    assert.equal(await refusal(source), 'MBR_CHAIN_BROKEN')
  })

  test('a chain of more records than Linux counts partitions is refused', async () => {
    const disk = new Uint8Array(512 * 400)
    const sign = (at: number): void => disk.set([0x55, 0xaa], at + 510)
    const put = (patch: Patch): void => disk.set(patch.bytes, patch.offsetBytes)
    sign(0)
    put(entry(446, 0, 0x05, 1, 399))
    for (let record = 1; record < 399; record += 1) {
      sign(record * 512)
      put(entry(record * 512 + 462, 0, 0x05, record, 1))
    }
    assert.equal(await refusal(fromBytes(disk)), 'MBR_CHAIN_BROKEN')
  })

  test('partitions that overlap give a warning', async () => {
    const source = patched(await load('primary'), [entry(478, 0, 0x83, 2048, 8192)])
    const { warnings } = await openMbr(source)
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['MBR_PARTITIONS_OVERLAP', 'MBR_PARTITIONS_OVERLAP'],
    )
  })
})
