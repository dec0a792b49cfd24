import { mapped } from '../../bytes/index.ts'
import type { ByteSource, Forward, Piece } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import { BLOCK_BYTES, numberAt } from './header.ts'
import { lastText } from './pax-records.ts'
import type { PaxRecords } from './pax-records.ts'

/** Where the bytes of a sparse file go; everything between is zeros. */
export type SparsePart = Readonly<{ offsetBytes: number; lengthBytes: number }>

export type SparseMap = Readonly<{ parts: readonly SparsePart[]; sizeBytes: number; headerBytes: number }>

/** Far more than any image has: a map that is longer is there to fill memory. */
const MOST_PARTS = 500_000

/** `--format=oldgnu`: four parts in the header, then blocks of 21 for as long as each says that another follows. */
export async function oldGnuMap(forward: Forward, header: Uint8Array, entryAt: number): Promise<SparseMap> {
  const parts: SparsePart[] = []
  const take = (block: Uint8Array, offset: number, count: number): void => {
    for (let index = 0; index < count; index += 1) {
      const at = offset + index * 24
      if (block[at] === 0) return
      const offsetBytes = numberAt(block, at, 12)
      const lengthBytes = numberAt(block, at + 12, 12)
      if (offsetBytes === undefined || lengthBytes === undefined) {
        throw damaged(forward.name, entryAt, 'the map of a sparse file has no numbers')
      }
      parts.push({ offsetBytes, lengthBytes })
    }
  }
  take(header, 386, 4)
  const sizeBytes = numberAt(header, 483, 12)
  if (sizeBytes === undefined) throw damaged(forward.name, entryAt, 'a sparse file has no size')
  let headerBytes = 0
  for (let more = header[482] !== 0; more; headerBytes += BLOCK_BYTES) {
    if (parts.length > MOST_PARTS) throw damaged(forward.name, entryAt, 'the map of a sparse file has no end')
    const block = await forward.take(BLOCK_BYTES)
    if (block === undefined) throw damaged(forward.name, entryAt, 'the map of a sparse file is cut short')
    take(block, 0, 21)
    more = block[504] !== 0
  }
  return { parts, sizeBytes, headerBytes }
}

/** Records of pax: GNU.sparse 0.0 (a record for each number), 0.1 (`GNU.sparse.map`) and 1.0 (a map before the data). */
export async function paxMap(
  forward: Forward,
  records: PaxRecords,
  entryAt: number,
  storedBytes: number,
): Promise<SparseMap | undefined> {
  const said = lastText(records, 'GNU.sparse.realsize') ?? lastText(records, 'GNU.sparse.size')
  if (said === undefined) return undefined
  const sizeBytes = Number(said)
  if (lastText(records, 'GNU.sparse.major') === '1') {
    const { numbers, headerBytes } = await leadingNumbers(forward, entryAt, storedBytes)
    return { parts: pairs(forward.name, entryAt, numbers), sizeBytes, headerBytes }
  }
  const list = lastText(records, 'GNU.sparse.map')?.split(',')
  const texts = (key: string): readonly string[] =>
    (records.get(key) ?? []).map((value) => new TextDecoder().decode(value))
  const lengths = texts('GNU.sparse.numbytes')
  const numbers =
    list ?? texts('GNU.sparse.offset').flatMap((offset, index) => [offset, lengths[index] ?? ''])
  return { parts: pairs(forward.name, entryAt, numbers.map(Number)), sizeBytes, headerBytes: 0 }
}

/** Decimal numbers, one a line: how many pairs there are, and the pairs; filled up to a whole block. */
async function leadingNumbers(
  forward: Forward,
  entryAt: number,
  storedBytes: number,
): Promise<Readonly<{ numbers: readonly number[]; headerBytes: number }>> {
  let text = ''
  let wanted = Number.NaN
  const numbers: number[] = []
  for (let headerBytes = 0; headerBytes + BLOCK_BYTES <= storedBytes;) {
    const block = await forward.take(BLOCK_BYTES)
    if (block === undefined) break
    headerBytes += BLOCK_BYTES
    text += new TextDecoder('latin1').decode(block)
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) {
      if (Number.isNaN(wanted)) wanted = Number(line)
      else if (numbers.length < wanted * 2) numbers.push(Number(line))
    }
    if (!(wanted <= MOST_PARTS)) break
    if (numbers.length >= wanted * 2) return { numbers, headerBytes }
  }
  throw damaged(forward.name, entryAt, 'the map of a sparse file is cut short')
}

function pairs(archive: string, entryAt: number, numbers: readonly number[]): readonly SparsePart[] {
  if (numbers.length > MOST_PARTS * 2) throw damaged(archive, entryAt, 'the map of a sparse file has no end')
  const parts: SparsePart[] = []
  for (let index = 0; index + 1 < numbers.length; index += 2) {
    parts.push({ offsetBytes: numbers[index] ?? Number.NaN, lengthBytes: numbers[index + 1] ?? Number.NaN })
  }
  return parts
}

/** Where the data of a sparse file lies: its map is not part of it. */
type Stored = Readonly<{ offsetBytes: number; dataOffsetBytes: number; storedBytes: number }>

/** The file as it was before it was packed. Throws TAR_DAMAGED where the parts are out of order or reach too far. */
export function sparseFile(
  source: ByteSource,
  { parts, sizeBytes }: Pick<SparseMap, 'parts' | 'sizeBytes'>,
  { offsetBytes: entryAt, dataOffsetBytes, storedBytes }: Stored,
  name: string,
): ByteSource {
  checkMap(source.name, { parts, sizeBytes }, { offsetBytes: entryAt, storedBytes })
  const pieces: Piece[] = []
  let at = 0
  let stored = 0
  for (const { offsetBytes, lengthBytes } of parts) {
    if (offsetBytes > at) pieces.push({ lengthBytes: offsetBytes - at, hole: 'zero' })
    if (lengthBytes > 0) pieces.push({ lengthBytes, source, sourceOffsetBytes: dataOffsetBytes + stored })
    stored += lengthBytes
    at = offsetBytes + lengthBytes
  }
  if (sizeBytes > at) pieces.push({ lengthBytes: sizeBytes - at, hole: 'zero' })
  return mapped(pieces, name)
}

/** Throws TAR_DAMAGED where the parts are out of order or reach too far. */
export function checkMap(
  archive: string,
  { parts, sizeBytes }: Pick<SparseMap, 'parts' | 'sizeBytes'>,
  { offsetBytes: entryAt, storedBytes }: Pick<Stored, 'offsetBytes' | 'storedBytes'>,
): void {
  let at = 0
  let stored = 0
  for (const { offsetBytes, lengthBytes } of parts) {
    const isSound =
      Number.isSafeInteger(offsetBytes) &&
      Number.isSafeInteger(lengthBytes) &&
      lengthBytes >= 0 &&
      offsetBytes >= at &&
      offsetBytes + lengthBytes <= sizeBytes &&
      stored + lengthBytes <= storedBytes
    if (!isSound) throw damaged(archive, entryAt, 'the map of a sparse file does not fit the file')
    stored += lengthBytes
    at = offsetBytes + lengthBytes
  }
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < at) {
    throw damaged(archive, entryAt, 'a sparse file has no size')
  }
}

function damaged(archive: string, offsetBytes: number, problem: string): Error {
  return raise('TAR_DAMAGED', { source: archive, offsetBytes, problem })
}
