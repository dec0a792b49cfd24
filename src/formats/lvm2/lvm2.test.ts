import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import { CHUNK_BYTES, marksOf, saidByLvm } from '../../../test/fixtures/lvs.ts'
import { counting, fromBytes, patched } from '../../bytes/index.ts'
import type { ByteSource, Extent } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { allocationOfPv, locateInPvs, mapperName, openLvm2, probeLvm2 } from './index.ts'
import type { LogicalVolume, LvmVolumes, VolumeGroup } from './index.ts'

const FIXTURES = join(import.meta.dirname, 'fixtures')
const load = (name: string): Promise<ByteSource> => loadImage(join(FIXTURES, `${name}.img.zst`))

/** The sources of each fixture. */
const PVS: Readonly<Record<string, readonly string[]>> = {
  atomic: ['atomic'],
  stripes: ['stripes-a', 'stripes-b', 'stripes-c'],
  wrapped: ['wrapped'],
  'stale-area': ['stale-area'],
  types: ['types'],
}

async function open(name: string): Promise<LvmVolumes> {
  return openLvm2(await Promise.all((PVS[name] ?? []).map(load)))
}

function onlyGroup({ groups }: LvmVolumes): VolumeGroup {
  const [group] = groups
  assert.ok(group !== undefined && groups.length === 1)
  return group
}

function volume(group: VolumeGroup, name: string): LogicalVolume {
  const found = group.logicalVolumes.find((one) => one.name === name)
  assert.ok(found !== undefined, name)
  return found
}

async function marks(source: ByteSource): Promise<readonly string[]> {
  const bytes = await source.read(0, source.size)
  const found: string[] = []
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const line = bytes.subarray(at, bytes.indexOf(10, at) === -1 ? at : bytes.indexOf(10, at))
    found.push(bytes[at] === 0 ? '' : new TextDecoder().decode(line))
  }
  return found
}

function codeOf(one: LogicalVolume): string {
  return 'refusal' in one.content ? one.content.refusal.code : 'readable'
}

describe('reading LVM2', () => {
  for (const name of Object.keys(PVS)) {
    const said = saidByLvm(join(FIXTURES, `${name}.json`))

    test(`${name} has the group and the volumes that LVM lists`, async () => {
      const group = onlyGroup(await open(name))
      const [expected] = said.groups
      assert.ok(expected !== undefined)
      assert.equal(group.name, expected.vg_name)
      assert.equal(group.id, expected.vg_uuid)
      assert.equal(group.seqno, Number(expected.vg_seqno))
      assert.equal(group.extentBytes, Number(expected.vg_extent_size))
      const sizes = new Map(said.segments.map((one) => [one.lv_name, Number(one.lv_size)]))
      const ours = group.logicalVolumes
        // LVM shows the segment of a snapshot as part of the volume that stores it.
        .filter(({ types }) => !types.includes('snapshot') || group.name !== 'types')
        .map((one): [string, number] => [one.visible ? one.name : `[${one.name}]`, one.sizeBytes])
      // A thin pool is visible in the metadata, and private to people.
      for (const [key, size] of ours) {
        assert.ok(
          [key, `[${key}]`].some((shown) => sizes.get(shown) === size),
          `${key} of ${size}`,
        )
      }
      assert.ok(ours.length >= sizes.size - 1)
    })

    test(`volumes of ${name} have the bytes that LVM says they have`, async () => {
      const group = onlyGroup(await open(name))
      let compared = 0
      for (const one of group.logicalVolumes) {
        if (!('source' in one.content)) continue
        const place = one.types.includes('mirror') ? `${one.name}_mimage_0` : one.name
        assert.deepEqual(await marks(one.content.source), marksOf(said, place), one.name)
        compared += 1
      }
      assert.ok(compared > 0)
    })

    test(`ranges of the physical volumes of ${name} cover them, and as much is free as LVM says`, async () => {
      const group = onlyGroup(await open(name))
      for (const pv of group.physicalVolumes) {
        let end = 0
        for (const range of pv.ranges) {
          assert.equal(range.offsetBytes, end)
          end += range.lengthBytes
        }
        assert.equal(end, pv.source?.size)
        const free = pv.ranges.reduce((sum, one) => sum + (one.use === 'free' ? one.lengthBytes : 0), 0)
        assert.equal(free, Number(said.physical.find(({ pv_uuid }) => pv_uuid === pv.id)?.pv_free))
      }
    })
  }

  test('a group and its volumes are read in few reads', async () => {
    const { source, count } = counting(await load('atomic'))
    await openLvm2([source])
    assert.deepEqual({ ...count }, { reads: 1, bytes: 65_536, lastEnd: 65_536 })
  })

  test('a read across stripes and segments is what single reads are', async () => {
    const group = onlyGroup(await open('stripes'))
    const { content } = volume(group, 'two')
    assert.ok('source' in content)
    const whole = (await content.source.read(0, content.source.size)).slice()
    for (const [offset, length] of [
      [5, 40_000],
      [16_380, 8],
      [6 * 262_144 - 10, 20],
      [10 * 262_144 - 40_000, 80_000],
      [content.source.size, 0],
    ] as const) {
      assert.deepEqual(
        (await content.source.read(offset, length)).slice(),
        whole.slice(offset, offset + length),
      )
    }
    await assert.rejects(content.source.read(content.source.size - 1, 2), (error) =>
      isAnnealError(error, 'READ_BEYOND_END'),
    )
  })

  test('the newer of two areas counts, and the older one gives a warning', async () => {
    const { groups, warnings } = await open('stale-area')
    assert.equal(groups[0]?.logicalVolumes[0]?.sizeBytes, 8 * 262_144)
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['LVM_AREA_STALE'],
    )
  })

  test('a physical volume without metadata of its own belongs to the group that lists it', async () => {
    const { orphans, groups, warnings } = await open('stripes')
    assert.deepEqual([orphans, warnings], [[], []])
    assert.equal(groups[0]?.physicalVolumes.length, 3)
  })

  test('a physical volume whose group is not there is an orphan', async () => {
    const { orphans, groups } = await openLvm2([await load('stripes-c')])
    assert.deepEqual([groups.length, orphans.length], [0, 1])
  })
})

describe('what LVM2 holds that is refused', () => {
  test('each type by its name, and the others stay readable', async () => {
    const group = onlyGroup(await open('types'))
    const refusals = new Map(
      group.logicalVolumes.flatMap(({ name, content }) =>
        'refusal' in content && !name.startsWith('snapshot')
          ? [[name, content.refusal.data['type'] ?? content.refusal.code]]
          : [],
      ),
    )
    assert.deepEqual(Object.fromEntries(refusals), {
      // There are metadata of the group alone: nothing says which copy is whole, or where chunks are.
      thin: 'LVM_THIN_DAMAGED',
      pool: 'thin-pool',
      ra: 'LVM_COPIES_UNUSABLE',
      snap: 'snapshot',
      cached: 'cache',
      cpool: 'cache-pool',
      wc: 'writecache',
      int: 'integrity',
      broken: 'error',
    })
    for (const name of ['plain', 'origin', 'nought', 'mixed', 'mi'])
      assert.equal(codeOf(volume(group, name)), 'readable')
  })

  test('a volume on a missing physical volume, while those on the others are read', async () => {
    const group = onlyGroup(await openLvm2([await load('stripes-a'), await load('stripes-c')]))
    assert.deepEqual(Object.fromEntries(group.logicalVolumes.map((one) => [one.name, codeOf(one)])), {
      'only-a': 'readable',
      two: 'LVM_PV_MISSING',
      three: 'LVM_PV_MISSING',
      'only-b': 'LVM_PV_MISSING',
    })
    assert.equal(group.physicalVolumes.find(({ source }) => source === undefined)?.id.slice(0, 6), 'bbbbbb')
  })

  test('a volume that reaches beyond a short image, while those before it are read', async () => {
    const whole = await load('atomic')
    const short = fromBytes(await whole.read(0, 1024 * 1024 + 25 * 262_144))
    const group = onlyGroup(await openLvm2([short]))
    assert.deepEqual(Object.fromEntries(group.logicalVolumes.map((one) => [one.name, codeOf(one)])), {
      root: 'LVM_VOLUME_OUT_OF_RANGE',
      'docker-data': 'readable',
    })
    assert.equal(
      group.physicalVolumes[0]?.ranges.some(({ use }) => use === 'free'),
      false,
    )
  })

  test('the same physical volume twice', async () => {
    await assert.rejects(openLvm2([await load('atomic'), await load('atomic')]), (error) =>
      isAnnealError(error, 'LVM_PV_DUPLICATE'),
    )
  })
})

describe('a damaged LVM2', () => {
  const refusal = async (source: ByteSource): Promise<string> => {
    const error: unknown = await openLvm2([source]).catch((caught: unknown) => caught)
    return isAnnealError(error) ? error.code : 'not refused'
  }
  const flipped = async (name: string, ...offsets: readonly number[]): Promise<ByteSource> => {
    const source = await load(name)
    const patches = offsets.map(async (offsetBytes) => {
      const [byte = 0] = await source.read(offsetBytes, 1)
      return { offsetBytes, bytes: Uint8Array.of(byte ^ 1) }
    })
    return patched(source, await Promise.all(patches))
  }

  test('without a label it is not a physical volume', async () => {
    for (const size of [0, 511, 512, 4096]) {
      assert.equal(await probeLvm2(fromBytes(new Uint8Array(size))), false)
      assert.equal(await refusal(fromBytes(new Uint8Array(size))), 'LVM_LABEL_MISSING')
    }
    assert.equal(await probeLvm2(await load('atomic')), true)
  })

  test('a bit of the label, of the area’s header, of the text', async () => {
    assert.equal(await refusal(await flipped('atomic', 512 + 40)), 'LVM_LABEL_DAMAGED')
    assert.equal(await refusal(await flipped('atomic', 4096 + 100)), 'LVM_METADATA_DAMAGED')
    const source = await load('atomic')
    const header = new DataView((await source.read(4096, 512)).slice().buffer)
    const textAt = 4096 + Number(header.getBigUint64(40, true))
    assert.equal(await refusal(await flipped('atomic', textAt + 30)), 'LVM_METADATA_DAMAGED')
  })

  test('one of two areas: the other is read, with a warning', async () => {
    const { warnings, groups } = await openLvm2([await flipped('stale-area', 4096 + 100)])
    assert.equal(groups[0]?.logicalVolumes[0]?.sizeBytes, 4 * 262_144)
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['LVM_AREA_DAMAGED'],
    )
  })
})

describe('where the bytes of volumes lie', () => {
  test('a range of a volume is found in its physical volumes, piece by piece', async () => {
    const group = onlyGroup(await open('stripes'))
    const sources = new Map(group.physicalVolumes.map(({ id, source }) => [id, source]))
    const two = volume(group, 'two')
    assert.ok('source' in two.content)
    const [offset, length] = [5 * 262_144 + 100, 2 * 262_144 + 50_000]
    const expected = await two.content.source.read(offset, length)
    const out = new Uint8Array(length)
    for (const piece of locateInPvs(two.segments, offset, length)) {
      const bytes = await sources.get(piece.pv)?.read(piece.pvOffsetBytes, piece.lengthBytes)
      assert.ok(bytes !== undefined)
      out.set(bytes, piece.volumeOffsetBytes - offset)
    }
    assert.deepEqual(out, expected.slice())
  })

  test('free extents, and what the volumes call free, are unallocated in the physical volume', async () => {
    const [pv] = onlyGroup(await open('atomic')).physicalVolumes
    assert.ok(pv !== undefined)
    // In root, everything from 1 MiB on is free: it has 20 extents first and 10 more behind docker-data.
    const rootExtents = async function* (
      offset: number,
      length: number,
    ): AsyncGenerator<Extent, void, undefined> {
      const used = Math.max(0, Math.min(length, 1_048_576 - offset))
      if (used > 0) yield { offsetBytes: offset, lengthBytes: used, kind: 'data' }
      yield { offsetBytes: offset + used, lengthBytes: length - used, kind: 'unallocated' }
    }
    const found: string[] = []
    const volumes = (name: string, offset: number, length: number) =>
      name === 'root' ? rootExtents(offset, length) : undefined
    for await (const extent of allocationOfPv(pv.ranges, volumes)) {
      found.push(`${extent.kind} ${extent.offsetBytes / 262_144} ${extent.lengthBytes / 262_144}`)
    }
    assert.deepEqual(found, [
      'data 0 4',
      'data 4 4',
      'unallocated 8 16',
      'data 24 5',
      'unallocated 29 3',
      'unallocated 32 10',
      'unallocated 42 22',
    ])
  })

  test('names below /dev/mapper double their hyphens', () => {
    assert.equal(mapperName('vg-one', 'docker-data'), 'vg--one-docker--data')
  })
})
