import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import { treeOf } from '../../../test/fixtures/tree.ts'
import { counting, fromBytes, patched } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { findPath } from '../filesystem/index.ts'
import { openFat, probeFat } from './index.ts'
import { foldName, LongName, nameChecksum } from './names.ts'
import { unixTimeNs } from './fat-file-system.ts'

const FIXTURES = join(import.meta.dirname, 'fixtures')
const load = (name: string): Promise<ByteSource> => loadImage(join(FIXTURES, `${name}.img.zst`))
type Expected = Readonly<{ free: number; entries: readonly object[] }>
const expected = (name: string): Expected =>
  JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), 'utf8')) as Expected

const FACTS = {
  fat12: { label: 'TWELVE', uuid: '0000-FA12', blockSizeBytes: 2048, sizeBytes: 2 << 20 },
  fat16: { label: 'Sixteen', uuid: '0000-FA16', blockSizeBytes: 1024, sizeBytes: 8 << 20 },
  fat32: { label: 'EFI-SYSTEM', uuid: '0000-FA32', blockSizeBytes: 512, sizeBytes: 34 << 20 },
  'sectors-4096': { label: '', uuid: '0000-4096', blockSizeBytes: 4096, sizeBytes: 4 << 20 },
} as const

describe('reading FAT', () => {
  for (const [name, facts] of Object.entries(FACTS)) {
    test(`${name} has the files that mtools copies out`, async () => {
      const fs = await openFat(await load(name))
      const ours = (await treeOf(fs))
        .filter(({ path }) => path !== '/')
        .map(({ path, kind, size, mtime, sha256 }) =>
          kind === 'directory' ? { path, kind } : { path, kind, size, mtime, sha256 },
        )
      const said = (expected(name).entries as { path: string }[]).toSorted((a, b) =>
        a.path < b.path ? -1 : 1,
      )
      assert.deepEqual(ours, said)
      assert.ok(ours.length >= 14)
    })

    test(`${name} says what blkid and mdir say of it`, async () => {
      const fs = await openFat(await load(name))
      const { label, uuid, blockSizeBytes, sizeBytes, freeBytes, clean } = fs.facts
      assert.deepEqual({ label, uuid, blockSizeBytes, sizeBytes }, facts)
      assert.equal(freeBytes, expected(name).free)
      assert.equal(clean, true)
      assert.deepEqual(fs.warnings, [])
      assert.equal(await probeFat(await load(name)), true)
    })

    test(`all of ${name} is in use or free, and as much is free as mdir says`, async () => {
      const source = await load(name)
      let [end, free] = [0, 0]
      for await (const extent of (await openFat(source)).allocation()) {
        assert.equal(extent.offsetBytes, end)
        end += extent.lengthBytes
        if (extent.kind === 'unallocated') free += extent.lengthBytes
      }
      assert.deepEqual([end, free], [source.size, expected(name).free])
    })

    test(`ranges of files in ${name} hold their bytes`, async () => {
      const source = await load(name)
      const fs = await openFat(source)
      const found = await findPath(fs, '/scattered.bin', { lastLink: 'keep' })
      assert.ok(found !== undefined)
      const content = (await (await fs.open(found.id)).read(0, 30_000)).slice()
      let covered = 0
      for await (const range of fs.ranges(found.id)) {
        assert.equal(range.fileOffsetBytes, covered)
        const bytes = await source.read(range.sourceOffsetBytes ?? -1, range.lengthBytes)
        assert.deepEqual(bytes.slice(), content.slice(covered, covered + range.lengthBytes))
        covered += range.lengthBytes
      }
      assert.equal(covered, 30_000)
    })
  }

  test('names are found whatever their case, by their short form, and with full stops behind', async () => {
    const fs = await openFat(await load('fat16'))
    const lookup = async (name: string): Promise<string | undefined> => (await fs.lookup(fs.root, name))?.name
    assert.equal(await lookup('MIXED.TXT'), 'Mixed.Txt')
    assert.equal(await lookup('mixed.txt..'), 'Mixed.Txt')
    assert.equal(await lookup('GRÖßE-根.TXT'), 'größe-根.txt')
    assert.equal(await lookup('NOEXTE~1'), 'no extension')
    assert.equal(await lookup('lower.txt'), undefined)
    assert.equal((await findPath(fs, '/efi/boot/bootx64.efi', { lastLink: 'keep' }))?.kind, 'file')
  })

  test('a file that is write-protected has no right to write', async () => {
    const fs = await openFat(await load('fat16'))
    const modeOf = async (name: string): Promise<string | undefined> => {
      const entry = await fs.lookup(fs.root, name)
      return entry === undefined ? undefined : (await fs.stat(entry.id)).mode.toString(8)
    }
    assert.equal(await modeOf('upper.low'), '555')
    assert.equal(await modeOf('mixed.txt'), '755')
  })

  test('a small file is found in few reads', async () => {
    const { source, count } = counting(await load('fat32'))
    const fs = await openFat(source)
    const found = await findPath(fs, '/loader', { lastLink: 'keep' })
    assert.ok(found !== undefined)
    assert.ok(count.reads <= 20, `${count.reads} reads`)
    assert.ok(count.bytes <= 1_500_000, `${count.bytes} bytes`)
  })

  test('a file cannot be listed, a directory not opened, and there are no links', async () => {
    const fs = await openFat(await load('fat12'))
    const file = await fs.lookup(fs.root, 'mixed.txt')
    const directory = await fs.lookup(fs.root, 'efi')
    assert.ok(file !== undefined && directory !== undefined)
    await assert.rejects(
      async () => {
        for await (const entry of fs.list(file.id)) assert.fail(entry.name)
      },
      (error) => isAnnealError(error, 'FAT_NOT_A_DIRECTORY'),
    )
    for (const id of [directory.id, fs.root]) {
      await assert.rejects(fs.open(id), (error) => isAnnealError(error, 'FAT_NOT_A_FILE'))
    }
    await assert.rejects(fs.readLink(file.id), (error) => isAnnealError(error, 'FAT_NO_LINKS'))
  })
})

function at(offsetBytes: number, ...bytes: readonly number[]) {
  return { offsetBytes, bytes: Uint8Array.from(bytes) }
}

/** Of the first table: behind the reserved sectors. */
async function tableOffset(source: ByteSource): Promise<number> {
  const boot = await source.read(0, 512)
  const view = new DataView(boot.buffer, boot.byteOffset, 512)
  return view.getUint16(14, true) * view.getUint16(11, true)
}

describe('a FAT that was not unmounted', () => {
  test('is read with a warning, and none of it is called free', async () => {
    const fat16 = await load('fat16')
    const fat32 = await load('fat32')
    const table = await tableOffset(fat16)
    for (const source of [
      patched(fat16, [at(37, 1)]),
      patched(fat16, [at(table + 3, 0x7f)]),
      patched(fat32, [at(65, 1)]),
      patched(fat32, [at((await tableOffset(fat32)) + 7, 0x07)]),
    ]) {
      const fs = await openFat(source)
      assert.deepEqual(
        fs.warnings.map(({ code }) => code),
        ['FAT_DIRTY'],
      )
      const kinds: string[] = []
      for await (const { kind } of fs.allocation()) kinds.push(kind)
      assert.deepEqual(kinds, ['data'])
    }
  })

  test('with a damaged count of free clusters they are counted', async () => {
    for (const patch of [at(512, 0), at(512 + 488, 0xfe, 0xff, 0xff, 0x7f)]) {
      const fs = await openFat(patched(await load('fat32'), [patch]))
      assert.equal(fs.facts.freeBytes, expected('fat32').free)
      assert.deepEqual(
        fs.warnings.map(({ code }) => code),
        ['FAT_INFO_DAMAGED'],
      )
    }
  })
})

describe('a hostile FAT', () => {
  const refusal = async (source: ByteSource): Promise<string> => {
    const error: unknown = await openFat(source).catch((caught: unknown) => caught)
    return isAnnealError(error) ? error.code : 'not refused'
  }

  test('a source that is not FAT is not read as FAT', async () => {
    for (const size of [512, 4096]) {
      assert.equal(await probeFat(fromBytes(new Uint8Array(size))), false)
      assert.equal(await refusal(fromBytes(new Uint8Array(size))), 'FAT_MISSING')
    }
    assert.equal(await refusal(fromBytes(new Uint8Array(511))), 'FAT_TRUNCATED')
  })

  test('each field of the boot sector that cannot be is refused', async () => {
    const fat16 = await load('fat16')
    for (const patch of [at(0, 0), at(11, 0, 3), at(13, 3), at(13, 0), at(14, 0, 0), at(16, 0), at(21, 1)]) {
      assert.equal(await refusal(patched(fat16, [patch])), 'FAT_MISSING', JSON.stringify(patch))
    }
    const fat32 = await load('fat32')
    for (const patch of [
      at(42, 1, 0),
      at(40, 0x8f, 0),
      at(44, 0, 0, 0, 0),
      at(44, 0xff, 0xff, 0xff, 0x0f),
      at(36, 0xff, 0xff, 0xff, 0xff),
      at(36, 0, 0, 0, 0),
    ]) {
      assert.equal(await refusal(patched(fat32, [patch])), 'FAT_UNSUPPORTED', JSON.stringify(patch))
    }
    assert.equal(await refusal(fromBytes(await fat16.read(0, 4 << 20))), 'FAT_TRUNCATED')
  })

  test('a chain that circles, ends early or leaves the disk is refused', async () => {
    const fat16 = await load('fat16')
    const table = await tableOffset(fat16)
    const fs = await openFat(fat16)
    const found = await findPath(fs, '/efi/boot/bootx64.efi', { lastLink: 'keep' })
    assert.ok(found !== undefined)
    const entry = await fat16.read(Number(found.id), 32)
    const first = (entry[26] ?? 0) | ((entry[27] ?? 0) << 8)
    for (const next of [
      [0xff, 0xff],
      [0, 0],
      [1, 0],
      [0xf7, 0xff],
      [0xf0, 0xff],
    ] as const) {
      const broken = await openFat(patched(fat16, [at(table + first * 2, ...next)]))
      await assert.rejects(broken.open(found.id), (error) => isAnnealError(error, 'FAT_CHAIN_BROKEN'))
    }
    const circle = await openFat(
      patched(fat16, [
        at(table + first * 2, first & 255, first >> 8),
        at(Number(found.id) + 28, 0xff, 0xff, 0xff, 0xff),
      ]),
    )
    await assert.rejects(circle.open(found.id), (error) => isAnnealError(error, 'FAT_CHAIN_BROKEN'))
  })

  test('a directory whose chain circles is refused', async () => {
    const fat32 = await load('fat32')
    const table = await tableOffset(fat32)
    assert.equal(await refusal(patched(fat32, [at(table + 8, 2, 0, 0, 0)])), 'FAT_CHAIN_BROKEN')
  })
})

describe('names and times', () => {
  const piece = (order: number, checksum: number, text: string): Uint8Array => {
    const raw = new Uint8Array(32)
    const view = new DataView(raw.buffer)
    raw[0] = order
    raw[11] = 0x0f
    raw[13] = checksum
    const places = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30]
    places.forEach((place, index) => view.setUint16(place, text.charCodeAt(index) || 0, true))
    return raw
  }
  const short = new TextEncoder().encode('LONGNA~1TXT')
  const sum = nameChecksum(short)
  const taken = (...pieces: readonly Uint8Array[]): string | undefined => {
    const long = new LongName()
    for (const one of pieces) long.add(one)
    return long.takeFor(short)
  }

  test('a long name is put together from its pieces', () => {
    assert.equal(taken(piece(0x42, sum, 'ame.txt'), piece(1, sum, 'a very long n')), 'a very long name.txt')
  })

  test('pieces that are missing, out of order or of another entry make no name', () => {
    assert.equal(taken(piece(0x42, sum, 'x')), undefined)
    assert.equal(taken(piece(1, sum, 'x')), undefined)
    assert.equal(taken(piece(0x41, sum ^ 1, 'x')), undefined)
    assert.equal(taken(piece(0x43, sum, 'x'), piece(1, sum, 'y')), undefined)
    assert.equal(taken(piece(0x42, sum, 'x'), piece(1, sum ^ 1, 'y')), undefined)
    assert.equal(taken(piece(0x40, sum, 'x')), undefined)
    assert.equal(taken(piece(0x7f, sum, 'x')), undefined)
  })

  test('a long name that leads out of its directory is ignored', () => {
    for (const name of ['..', '.', 'a/b', '/etc'])
      assert.equal(taken(piece(0x41, sum, name)), undefined, name)
  })

  test('case and full stops at the end make no difference', () => {
    assert.equal(foldName('Name.TXT..'), foldName('nAME.txt'))
    assert.notEqual(foldName('a'), foldName('b'))
  })

  test('dates that no calendar has are what Linux makes of them', () => {
    assert.equal(unixTimeNs(0, 0), 315_532_800n * 1_000_000_000n)
    assert.equal(
      unixTimeNs((40 << 9) | (2 << 5) | 29, (13 << 11) | (37 << 5) | 21),
      1_582_983_462n * 1_000_000_000n,
    )
  })
})
