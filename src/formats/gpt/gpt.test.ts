import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import { inWordsOfSfdisk, saidBySfdisk } from '../../../test/fixtures/sfdisk.ts'
import { counting, crc32, fromBytes, patched } from '../../bytes/index.ts'
import type { ByteSource, Patch } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { discoverableType, openGpt, probeGpt } from './index.ts'
import { GPT_ENTRY, GPT_HEADER } from './layout.ts'
import { headerCrc } from './read-copy.ts'
import { TYPE_NAMES } from './type-names.ts'

const FIXTURES = join(import.meta.dirname, 'fixtures')
const load = (name: string): Promise<ByteSource> => loadImage(join(FIXTURES, `${name}.img.zst`))

/** What has to be warned of, by fixture. */
const WARNINGS: Readonly<Record<string, readonly string[]>> = {
  coreos: [],
  'sectors-4096': [],
  'primary-header-damaged': ['GPT_PRIMARY_DAMAGED'],
  'primary-entries-damaged': ['GPT_PRIMARY_DAMAGED'],
  'primary-wiped': ['GPT_PRIMARY_DAMAGED', 'GPT_PROTECTIVE_MBR_MISSING'],
  'backup-wiped': ['GPT_BACKUP_DAMAGED'],
  grown: ['GPT_BACKUP_NOT_AT_END'],
  disagreement: ['GPT_COPIES_DISAGREE'],
  hybrid: ['GPT_HYBRID_MBR'],
}

describe('reading a GPT', () => {
  for (const [name, codes] of Object.entries(WARNINGS)) {
    const about = codes.length === 0 ? 'nothing' : codes.join(', ')
    test(`${name} has the partitions that sfdisk lists, and warns of ${about}`, async () => {
      const table = await openGpt(await load(name))
      assert.deepEqual(inWordsOfSfdisk(table), saidBySfdisk(join(FIXTURES, `${name}.json`)))
      assert.deepEqual(
        table.warnings.map(({ code }) => code),
        codes,
      )
      assert.equal(await probeGpt(await load(name)), name !== 'primary-wiped')
    })
  }

  test('what differs between two sound copies is named', async () => {
    const { warnings } = await openGpt(await load('disagreement'))
    assert.match(warnings[0]?.message ?? '', /disagree about partition 3$/)
  })

  test('attribute bits have their names', async () => {
    const { partitions } = await openGpt(await load('coreos'))
    assert.deepEqual(
      partitions.map(({ flags }) => flags.join(' ')),
      ['legacy-boot', 'required no-block-io', '', 'grow-file-system read-only no-auto', '', ''],
    )
    assert.deepEqual(
      partitions.map(({ bootable }) => bootable),
      [true, false, false, false, false, false],
    )
  })

  test('begin and end of the disk are read, each once', async () => {
    const { source, count } = counting(await load('coreos'))
    await openGpt(source)
    assert.deepEqual({ ...count }, { reads: 2, bytes: 64 * 1024, lastEnd: 16 * 1024 * 1024 })
  })

  test('types that util-linux knows have the names that it gives them', () => {
    const known = readFileSync(join(FIXTURES, 'type-names.tsv'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'))
    const ours = (guid: string): string => TYPE_NAMES[guid] ?? discoverableType(guid)?.typeName ?? ''
    const named = known.filter(([guid = '', name = '']) => ours(guid) !== '' || /^Linux|^EFI/.test(name))
    assert.ok(named.length > 140, `only ${named.length}`)
    for (const [guid = '', name] of named) assert.equal(ours(guid), name)
    const all = new Set(known.map(([guid]) => guid))
    assert.deepEqual(
      Object.keys(TYPE_NAMES).filter((guid) => !all.has(guid)),
      [],
    )
  })

  test('a root partition says which architecture it is for', () => {
    assert.deepEqual(discoverableType('b921b045-1df0-41c3-af44-4c6f280d3fae'), {
      designator: 'root',
      architecture: 'arm64',
      typeName: 'Linux root (ARM-64)',
    })
  })
})

const HEADER = 512
const ENTRIES = 1024

/** The primary of `coreos` with fields overwritten and both checksums right again. */
async function sealed(change: (header: DataView, entries: DataView) => void): Promise<ByteSource> {
  const source = await load('coreos')
  const header = (await source.read(HEADER, 512)).slice()
  const entries = (await source.read(ENTRIES, 128 * 128)).slice()
  const view = new DataView(header.buffer)
  change(view, new DataView(entries.buffer))
  view.setUint32(GPT_HEADER.fields.entriesCrc.offsetBytes, crc32(entries), true)
  view.setUint32(GPT_HEADER.fields.headerCrc.offsetBytes, headerCrc(header.subarray(0, 92)), true)
  const patches: Patch[] = [
    { offsetBytes: HEADER, bytes: header },
    { offsetBytes: ENTRIES, bytes: entries },
  ]
  return patched(source, patches)
}

const field = (name: keyof typeof GPT_HEADER.fields): number => GPT_HEADER.fields[name].offsetBytes
const entryField = (name: keyof typeof GPT_ENTRY.fields): number => GPT_ENTRY.fields[name].offsetBytes

describe('a hostile GPT', () => {
  test('no GPT at all is refused', async () => {
    for (const size of [0, 100, 512, 1024, 4096, 65_536]) {
      const source = fromBytes(new Uint8Array(size))
      assert.equal(await probeGpt(source), false)
      await assert.rejects(openGpt(source), (error) => isAnnealError(error, 'GPT_MISSING'))
    }
  })

  test('both copies damaged are refused, with what is wrong with each', async () => {
    const source = patched(await load('primary-header-damaged'), [
      { offsetBytes: 32_735 * 512, bytes: Uint8Array.of(1) },
    ])
    await assert.rejects(openGpt(source), (error) => {
      assert.ok(isAnnealError(error, 'GPT_DAMAGED'))
      assert.match(String(error.data['primary']), /checksum of its header/)
      assert.match(String(error.data['backup']), /checksum of its entries/)
      return true
    })
  })

  for (const [what, change] of Object.entries({
    'an entry size of nought': (header: DataView) => header.setUint32(field('entryBytes'), 0, true),
    'an entry size that is no power of two': (header: DataView) =>
      header.setUint32(field('entryBytes'), 384, true),
    'four thousand million entries': (header: DataView) =>
      header.setUint32(field('entryCount'), 0xffff_ffff, true),
    'entries behind the end of the image': (header: DataView) =>
      header.setBigUint64(field('entriesSector'), 2n ** 63n, true),
    'a header as long as the disk': (header: DataView) =>
      header.setUint32(field('headerBytes'), 0x100_0000, true),
    'a revision of the future': (header: DataView) => header.setUint32(field('revision'), 0x2_0000, true),
    'a header that belongs elsewhere': (header: DataView) => header.setBigUint64(field('mySector'), 2n, true),
  })) {
    test(`a primary with ${what} is damaged, although its checksum is right`, async () => {
      const { warnings, partitions } = await openGpt(await sealed(change))
      assert.deepEqual(
        warnings.map(({ code }) => code),
        ['GPT_PRIMARY_DAMAGED'],
      )
      assert.equal(partitions.length, 6)
    })
  }

  for (const [what, first, last] of [
    ['behind the end of the image', 2048n, 2n ** 64n - 1n],
    ['that ends before it begins', 4096n, 4095n],
  ] as const) {
    test(`a partition ${what} is refused by its number`, async () => {
      const source = await sealed((_, entries) => {
        entries.setBigUint64(128 + entryField('firstSector'), first, true)
        entries.setBigUint64(128 + entryField('lastSector'), last, true)
      })
      await assert.rejects(openGpt(source), (error) => {
        assert.ok(isAnnealError(error, 'GPT_PARTITION_OUT_OF_RANGE'))
        assert.equal(error.data['number'], 2)
        assert.equal(error.data['entryOffsetBytes'], ENTRIES + 128)
        return true
      })
    })
  }

  test('a backup that belongs behind the end of the image is missing', async () => {
    const source = await sealed((header) => header.setBigUint64(field('alternateSector'), 2n ** 60n, true))
    const { warnings } = await openGpt(source)
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['GPT_BACKUP_DAMAGED'],
    )
  })

  test('partitions over one another, and over the table, give a warning', async () => {
    const source = await sealed((_, entries) => {
      entries.setBigUint64(entryField('firstSector'), 1n, true)
      entries.setBigUint64(entryField('lastSector'), 5000n, true)
    })
    const codes = (await openGpt(source)).warnings.map(({ code }) => code)
    assert.ok(codes.includes('GPT_PARTITIONS_OVERLAP'))
    assert.ok(codes.includes('GPT_PARTITION_OUTSIDE_USABLE'))
  })

  test('half a surrogate pair in a name shows as U+FFFD', async () => {
    const source = await sealed((_, entries) => entries.setUint16(entryField('name'), 0xd800, true))
    assert.equal((await openGpt(source)).partitions[0]?.label, '\u{fffd}IOS-BOOT')
  })
})
