import { Cursor, joinBytes } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import { MOST_CONTINUATIONS } from './layout.ts'
import { longTime, shortTime } from './time.ts'

/**
 * The system use area of a directory record: IEEE P1281, "System Use Sharing Protocol", and IEEE P1282, "Rock Ridge
 * Interchange Protocol". What is missing there is absent here.
 */
export type RockRidge = Readonly<{
  nameBytes?: Uint8Array
  /** PX: st_mode and its neighbours. */
  posix?: Readonly<{ mode: number; links: number; uid: number; gid: number }>
  modifiedNs?: bigint
  linkBytes?: Uint8Array
  device?: Readonly<{ major: number; minor: number }>
  /** CL: the block of the directory that this record stands for. */
  childBlock?: number
  /** RE: this directory was moved away, and is listed where its CL is. */
  isRelocated: boolean
  /** ZF: `pz`, and how long the file is. SF: a sparse file. */
  packed?: Readonly<{ type: string; sizeBytes: number }>
}>

type Entry = Readonly<{ signature: string; data: Cursor }>

/** P1281, 5.3: how many bytes of every area are not of this protocol; undefined where the disc has no Rock Ridge. */
export function sharedSkip(area: Uint8Array, base: number): number | undefined {
  // CD-ROM XA puts 14 bytes of its own before it.
  for (const start of [0, 14]) {
    const cursor = new Cursor(area, 'SP', base)
    if (area.length < start + 7) continue
    const isThere =
      cursor.u16be(start) === 0x53_50 && cursor.u8(start + 2) >= 7 && cursor.u16be(start + 4) === 0xbe_ef
    if (isThere) return cursor.u8(start + 6)
  }
  return undefined
}

/** Of one record. Throws ISO9660_DAMAGED where areas continue without end or outside of the disc. */
export async function readRockRidge(
  source: ByteSource,
  area: Uint8Array,
  place: Readonly<{ offsetBytes: number; skipBytes: number; blockBytes: number }>,
  signal?: AbortSignal,
): Promise<RockRidge> {
  const found: { -readonly [K in keyof RockRidge]: RockRidge[K] } = { isRelocated: false }
  const names: Uint8Array[] = []
  const links: LinkPart[] = []
  for await (const { signature, data } of entriesOf(source, area, place, signal)) {
    switch (signature) {
      case 'NM':
        // A name of the directory itself or its parent is no name.
        if (data.length > 5 && (data.u8(4) & 0x06) === 0) names.push(data.slice(5, data.length - 5))
        break
      case 'PX':
        found.posix = { mode: data.u32le(4), links: data.u32le(12), uid: data.u32le(20), gid: data.u32le(28) }
        break
      case 'PN': {
        const [high, low] = [data.u32le(4), data.u32le(12)]
        // As Linux: some makers put both numbers into the lower half.
        found.device =
          high === 0 && low > 0xff ? { major: low >>> 8, minor: low & 0xff } : { major: high, minor: low }
        break
      }
      case 'TF': {
        const time = modifiedOf(data)
        if (time !== undefined) found.modifiedNs = time
        break
      }
      case 'SL':
        links.push(...linkParts(data))
        break
      case 'CL':
        found.childBlock = data.u32le(4)
        break
      case 'RE':
        found.isRelocated = true
        break
      case 'ZF':
        found.packed = { type: String.fromCharCode(data.u8(4), data.u8(5)), sizeBytes: data.u32le(8) }
        break
      case 'SF':
        found.packed = { type: 'sparse', sizeBytes: data.u32le(data.length >= 21 ? 12 : 4) }
        break
    }
  }
  if (names.length > 0) found.nameBytes = joinBytes(names)
  if (links.length > 0) found.linkBytes = linkTarget(links)
  return found
}

async function* entriesOf(
  source: ByteSource,
  first: Uint8Array,
  {
    offsetBytes,
    skipBytes,
    blockBytes,
  }: Readonly<{ offsetBytes: number; skipBytes: number; blockBytes: number }>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Entry> {
  let area = new Cursor(first, 'system use area', offsetBytes)
  let at = Math.min(skipBytes, first.length)
  const damaged = (problem: string): Error =>
    raise('ISO9660_DAMAGED', { source: source.name, offsetBytes, problem })
  for (let continuations = 0; ; continuations += 1) {
    let next: Readonly<{ offset: number; length: number }> | undefined
    while (at + 4 <= area.length) {
      const length = area.u8(at + 2)
      if (length < 4 || at + length > area.length) break
      const signature = String.fromCharCode(area.u8(at), area.u8(at + 1))
      const data = area.sub(at, length, `the entry ${signature} of a system use area`)
      if (signature === 'ST') break
      if (signature === 'CE') {
        next = { offset: data.u32le(4) * blockBytes + data.u32le(12), length: data.u32le(20) }
      } else yield { signature, data }
      at += length
    }
    if (next === undefined || next.length === 0) return
    if (continuations >= MOST_CONTINUATIONS) throw damaged('a system use area has too many continuations')
    const { offset, length } = next
    if (length > 2 * blockBytes || offset + length > source.size) {
      throw damaged(`a system use area continues with ${length} bytes at byte ${offset}`)
    }
    area = new Cursor(await source.read(offset, length, signal), 'system use area', offset)
    at = 0
  }
}

/** P1282, 4.1.6: those times that the flags name, one behind the other. */
function modifiedOf(data: Cursor): bigint | undefined {
  const flags = data.u8(4)
  const bytes = (flags & 0x80) === 0 ? 7 : 17
  if ((flags & 0x02) === 0) return undefined
  const at = 5 + ((flags & 0x01) === 0 ? 0 : bytes)
  const field = data.slice(at, bytes)
  return bytes === 7 ? shortTime(field) : longTime(field)
}

/** P1282, 4.1.3.1 */
type LinkPart = Readonly<{ flags: number; bytes: Uint8Array }>

function linkParts(data: Cursor): readonly LinkPart[] {
  const parts: LinkPart[] = []
  for (let at = 5; at + 2 <= data.length;) {
    // genisoimage gives the part of a name that it cuts the length of the whole.
    const length = Math.min(data.u8(at + 1), data.length - at - 2)
    parts.push({ flags: data.u8(at), bytes: data.slice(at + 2, length) })
    at += 2 + length
  }
  return parts
}

function linkTarget(parts: readonly LinkPart[]): Uint8Array {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
  const out: Uint8Array[] = []
  let continues = true
  for (const { flags, bytes } of parts) {
    if (!continues) out.push(encode('/'))
    if ((flags & 0x08) !== 0) {
      // The root is the slash itself.
      out.push(encode('/'))
      continues = true
      continue
    }
    out.push((flags & 0x02) !== 0 ? encode('.') : (flags & 0x04) !== 0 ? encode('..') : bytes)
    continues = (flags & 0x01) !== 0
  }
  return joinBytes(out)
}
