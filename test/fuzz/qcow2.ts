import { expandAll } from '../../src/adapters/codec/index.ts'
import type { Codec } from '../../src/adapters/codec/index.ts'
import { zeros } from '../../src/bytes/index.ts'
import type { ByteSource } from '../../src/bytes/index.ts'
import { openQcow2, probeQcow2 } from '../../src/formats/qcow2/index.ts'
import { readHeader } from '../../src/formats/qcow2/header.ts'
import { HEADER_V2, HEADER_V3 } from '../../src/formats/qcow2/layout.ts'
import { loadImage } from '../fixtures/load-image.ts'
import { fieldsOf } from './target.ts'
import type { FuzzField, FuzzTarget } from './target.ts'

const FIXTURES = new URL('../../src/formats/qcow2/fixtures/', import.meta.url)
const SEEDS = [
  'cluster-512',
  'cluster-512-zlib',
  'data-file',
  'dirty',
  'extended-l2-zstd',
  'mixed',
  'overlay-subclusters',
  'subclusters',
  'unknown-feature',
  'zero',
  'zlib-v2',
  'zstd',
]

/** A disk may claim any size: so much of it is looked at. */
const MOST_EXTENTS = 120
const MOST_READS = 3
const READ_BYTES = 20_000

const expand = (codec: Codec) => async (bytes: Uint8Array, into: Uint8Array) => {
  const parts = Uint32Array.of(0, bytes.length)
  if (expandAll(codec, bytes, parts, into.length, into).length > 0) throw new Error('not decompressed')
}
const decompress = { inflateRaw: expand('deflate'), zstd: expand('zstd') }

export const qcow2: FuzzTarget = {
  name: 'qcow2',
  seeds: () => Promise.all(SEEDS.map((name) => loadImage(new URL(`${name}.qcow2.zst`, FIXTURES).pathname))),
  async exercise(source) {
    await probeQcow2(source)
    const openOther = async (): Promise<ByteSource> => zeros(700_000, 'the other file')
    const { source: disk } = await openQcow2(source, { decompress, openOther })
    const starts: number[] = []
    let at = 0
    let count = 0
    for await (const { offsetBytes, lengthBytes, kind } of disk.extents?.(0, disk.size) ?? []) {
      if (offsetBytes !== at || lengthBytes <= 0) throw new Error(`an extent at ${offsetBytes}, not ${at}`)
      at += lengthBytes
      if (kind === 'data') starts.push(offsetBytes)
      count += 1
      if (count >= MOST_EXTENTS) break
    }
    if (count < MOST_EXTENTS && at !== disk.size) throw new Error(`extents end at ${at}, not ${disk.size}`)
    const step = Math.max(1, Math.ceil(starts.length / MOST_READS))
    for (const start of starts.filter((_, index) => index % step === 0)) {
      const length = Math.min(READ_BYTES, disk.size - start)
      const bytes = await disk.read(start, length)
      if (bytes.length !== length) throw new Error(`${bytes.length} bytes came, not ${length}`)
    }
  },
  async fields(seed) {
    const header = [...fieldsOf(HEADER_V2, 0, 'be'), ...fieldsOf(HEADER_V3, 0, 'be')]
    const known = await readHeader(seed).catch(() => undefined)
    if (known === undefined) return header
    const entry = (offsetBytes: number): FuzzField => ({ offsetBytes, lengthBytes: 8, endian: 'be' })
    const l1 = Array.from({ length: Math.min(known.l1Entries, 16) }, (_, index) =>
      entry(known.l1OffsetBytes + index * 8),
    )
    const l2: FuzzField[] = []
    for (const { offsetBytes } of l1) {
      const bytes = await seed.read(offsetBytes, 8)
      const table = Number(
        new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0) & 0xff_ffff_ffff_fe00n,
      )
      const entries = Math.min(48, 2 ** known.clusterBits / 8)
      if (table > 0) l2.push(...Array.from({ length: entries }, (_, index) => entry(table + index * 8)))
    }
    return [...header, ...l1, ...l2]
  },
}
