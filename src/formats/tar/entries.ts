/**
 * Entries of a tar archive, read forward once: POSIX.1-2001 pax, ustar, v7, star, GNU with long names and sparse files in
 * all its four forms, numbers in base 256. Global headers (`g`) are passed over, as the engines of containers do.
 *
 * References: POSIX.1-2001 `pax`, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format" and "Storing Sparse Files".
 */
import { raise } from './errors.ts'
import type { Forward } from '../../bytes/index.ts'
import { BLOCK_BYTES, bytesAt, parseHeader } from './header.ts'
import type { Header } from './header.ts'
import { lastText, parsePaxRecords, timeNs } from './pax-records.ts'
import type { PaxRecords } from './pax-records.ts'
import { oldGnuMap, paxMap } from './sparse.ts'
import type { SparseMap } from './sparse.ts'

export type TarEntry = Readonly<{
  /** Byte for byte: perhaps with `./` before it or a slash behind it, or leading anywhere. */
  path: Uint8Array
  /** What a link leads to; empty for everything else. */
  link: Uint8Array
  /** The type as the archive has it: `0`, NUL and `7` are files, `1` is a hard link, … */
  type: string
  mode: number
  uid: number
  gid: number
  modifiedNs: bigint
  major: number
  minor: number
  /** Of records `SCHILY.xattr.NAME`. */
  xattrs: readonly (readonly [string, Uint8Array])[]
  /** Where its header begins. */
  offsetBytes: number
  /** Where its bytes begin in the archive, and how many there are; of a sparse file without its map. */
  dataOffsetBytes: number
  storedBytes: number
  /** Of the file. */
  sizeBytes: number
  sparse?: SparseMap
}>

/** Of a long name or of pax records; GNU.sparse.map is the longest that is met. */
const MOST_RECORD_BYTES = 8 * 1024 * 1024
const XATTR = 'SCHILY.xattr.'
const NO_RECORDS: PaxRecords = new Map()
const NO_BYTES = new Uint8Array(0)

/**
 * In the order of the archive. While an entry is at hand, its bytes may be taken from `forward`; whatever is left of them
 * is passed over. Throws TAR_DAMAGED.
 */
export async function* tarEntries(forward: Forward): AsyncGenerator<TarEntry, void, undefined> {
  const damaged = (offsetBytes: number, problem: string): Error =>
    raise('TAR_DAMAGED', { source: forward.name, offsetBytes, problem })
  let longPath: Uint8Array | undefined
  let longLink: Uint8Array | undefined
  let records: PaxRecords = NO_RECORDS
  for (;;) {
    const at = forward.position
    const block = await forward.take(BLOCK_BYTES)
    if (block === undefined || block.every((byte) => byte === 0)) return
    const header = parseHeader(forward.name, at, block)
    const { type } = header
    if (type === 'L' || type === 'K' || type === 'x' || type === 'g') {
      const bytes = await recordBytes(header, at)
      if (type === 'L') longPath = bytesAt(bytes, 0, bytes.length)
      else if (type === 'K') longLink = bytesAt(bytes, 0, bytes.length)
      else {
        const parsed = parsePaxRecords(bytes)
        if (parsed === undefined) throw damaged(at, 'pax records do not parse')
        if (type === 'x') records = parsed
      }
      continue
    }
    const entry = await entryOf(header, at)
    const end = entry.dataOffsetBytes + padded(entry.storedBytes)
    // A file may be the last thing of an archive, without what fills its block.
    const last = entry.dataOffsetBytes + entry.storedBytes
    yield entry
    if (!(await forward.skip(last - forward.position))) {
      const name = new TextDecoder().decode(entry.path)
      throw damaged(at, `"${name}" goes on behind the end of the archive`)
    }
    if (!(await forward.skip(end - last))) return
    longPath = undefined
    longLink = undefined
    records = NO_RECORDS
  }

  async function recordBytes({ sizeBytes }: Header, at: number): Promise<Uint8Array> {
    const bytes = sizeBytes > MOST_RECORD_BYTES ? undefined : await forward.take(sizeBytes)
    // What is kept of it must not be a view of a chunk that is used again.
    const own = bytes === undefined ? undefined : new Uint8Array(bytes)
    if (own === undefined || !(await forward.skip(padded(sizeBytes) - sizeBytes))) {
      throw damaged(at, `a header of ${sizeBytes} bytes for one member begins`)
    }
    return own
  }

  async function entryOf(header: Header, at: number): Promise<TarEntry> {
    const { type } = header
    const number = (key: string, value: number): number => {
      const text = lastText(records, key)
      if (text === undefined) return value
      const said = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
      if (!Number.isSafeInteger(said)) throw damaged(at, `the record ${key} is no number`)
      return said
    }
    // Links have a size of the file that they lead to, and no bytes.
    const hasBytes = !['1', '2', '3', '4', '5', '6'].includes(type)
    const storedWithMap = hasBytes ? number('size', header.sizeBytes) : 0
    const isOldSparse = type === 'S'
    const sparse = isOldSparse
      ? await oldGnuMap(forward, header.block, at)
      : hasBytes
        ? await paxMap(forward, records, at, storedWithMap)
        : undefined
    const storedBytes = storedWithMap - (isOldSparse ? 0 : (sparse?.headerBytes ?? 0))
    const dataOffsetBytes = forward.position
    if (!Number.isSafeInteger(dataOffsetBytes + padded(storedBytes)))
      throw damaged(at, 'the size is no number')
    return {
      path: records.get('GNU.sparse.name')?.at(-1) ?? records.get('path')?.at(-1) ?? longPath ?? header.path,
      link:
        type === '1' || type === '2'
          ? (records.get('linkpath')?.at(-1) ?? longLink ?? header.link)
          : NO_BYTES,
      type,
      mode: header.mode & 0o7777,
      uid: number('uid', header.uid),
      gid: number('gid', header.gid),
      modifiedNs: modifiedOf(header, at),
      major: header.major,
      minor: header.minor,
      xattrs: xattrsOf(records),
      offsetBytes: at,
      dataOffsetBytes,
      storedBytes,
      sizeBytes: sparse?.sizeBytes ?? storedBytes,
      ...(sparse && { sparse }),
    }
  }

  function modifiedOf({ modifiedSeconds }: Header, at: number): bigint {
    const text = lastText(records, 'mtime')
    if (text === undefined) return BigInt(modifiedSeconds) * 1_000_000_000n
    const ns = timeNs(text)
    if (ns === undefined) throw damaged(at, 'the record mtime is no time')
    return ns
  }
}

function xattrsOf(records: PaxRecords): readonly (readonly [string, Uint8Array])[] {
  if (records.size === 0) return []
  return [...records].flatMap(([key, values]) => {
    const value = values.at(-1)
    return key.startsWith(XATTR) && value !== undefined ? [[key.slice(XATTR.length), value] as const] : []
  })
}

function padded(lengthBytes: number): number {
  return Math.ceil(lengthBytes / BLOCK_BYTES) * BLOCK_BYTES
}
