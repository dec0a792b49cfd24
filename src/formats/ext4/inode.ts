import { Cursor, crc32cRaw } from '../../bytes/index.ts'
import type { NodeKind } from '../filesystem/index.ts'
import { hex, raise } from './errors.ts'
import { le32 } from './volume.ts'
import type { Volume } from './volume.ts'

/** Byte offsets within `struct ext4_inode`: https://docs.kernel.org/filesystems/ext4/dynamic.html#index-nodes */
export const INODE = {
  mode: 0x0,
  uidLow: 0x2,
  sizeLow: 0x4,
  modified: 0x10,
  gidLow: 0x18,
  links: 0x1a,
  flags: 0x20,
  block: 0x28,
  generation: 0x64,
  fileAclLow: 0x68,
  sizeHigh: 0x6c,
  fileAclHigh: 0x76,
  uidHigh: 0x78,
  gidHigh: 0x7a,
  checksumLow: 0x7c,
  extraSize: 0x80,
  checksumHigh: 0x82,
  modifiedExtra: 0x88,
} as const

/** What every inode has; what follows is counted by i_extra_isize, and then come extended attributes. */
export const OLD_INODE_BYTES = 128
export const BLOCK_AREA_BYTES = 60

export const INODE_FLAGS = {
  immutable: 0x10,
  encrypted: 0x800,
  indexed: 0x1000,
  extents: 0x8_0000,
  verity: 0x10_0000,
  attributeValue: 0x20_0000,
  inlineData: 0x1000_0000,
  casefolded: 0x4000_0000,
} as const

const KINDS: Readonly<Record<number, NodeKind>> = {
  0x1: 'fifo',
  0x2: 'character device',
  0x4: 'directory',
  0x6: 'block device',
  0x8: 'file',
  0xa: 'symlink',
  0xc: 'socket',
}

export type Inode = Readonly<{
  number: number
  kind: NodeKind
  mode: number
  uid: number
  gid: number
  sizeBytes: number
  links: number
  flags: number
  modifiedNs: bigint
  /** i_block: the root of the extent tree, block numbers, a short link's target, inline data or a device number. */
  blockArea: Uint8Array
  /** The block of extended attributes; 0 if there is none. */
  attributeBlock: number
  /** Extended attributes within the inode: what lies behind i_extra_isize. */
  attributeArea: Uint8Array
  /** Where the inode lies in the file system. */
  offsetBytes: number
  /** Register that the checksums of what belongs to this inode start from. */
  checksumSeed: number | undefined
}>

export function hasFlag(inode: Inode, flag: keyof typeof INODE_FLAGS): boolean {
  return (inode.flags & INODE_FLAGS[flag]) !== 0
}

/** `raw` is the inode as the file system stores it, i_inode_size bytes. */
export function parseInode(volume: Volume, number: number, raw: Uint8Array, offsetBytes: number): Inode {
  const cursor = new Cursor(raw, `inode ${number}`, offsetBytes)
  const extraBytes = extraSizeOf(cursor)
  const seed = inodeSeed(volume, number, cursor.u32le(INODE.generation))
  if (seed !== undefined) checkChecksum(cursor, extraBytes, seed, number)
  const damaged = (field: string, found: string | number, expected: string) =>
    raise('EXT4_INODE_DAMAGED', { inode: number, offsetBytes, field, found, expected })
  if (extraBytes % 4 !== 0 || OLD_INODE_BYTES + extraBytes > raw.length)
    throw damaged('i_extra_isize', extraBytes, `a multiple of 4 up to ${raw.length - OLD_INODE_BYTES}`)
  const mode = cursor.u16le(INODE.mode)
  const kind = KINDS[mode >>> 12]
  if (kind === undefined) throw damaged('i_mode', hex(mode), 'the type of a file')
  const sizeHigh = kind === 'file' || (kind === 'directory' && volume.superblock.features.has('large_dir'))
  const sizeBytes = sizeHigh
    ? cursor.u32le(INODE.sizeLow) + cursor.u32le(INODE.sizeHigh) * 2 ** 32
    : cursor.u32le(INODE.sizeLow)
  if (!Number.isSafeInteger(sizeBytes)) throw damaged('i_size', sizeBytes, 'a size below 2^53')
  return {
    number,
    kind,
    mode: mode & 0o7777,
    uid: cursor.u16le(INODE.uidLow) + cursor.u16le(INODE.uidHigh) * 0x1_0000,
    gid: cursor.u16le(INODE.gidLow) + cursor.u16le(INODE.gidHigh) * 0x1_0000,
    sizeBytes,
    links: cursor.u16le(INODE.links),
    flags: cursor.u32le(INODE.flags),
    modifiedNs: modifiedOf(cursor, extraBytes),
    blockArea: cursor.slice(INODE.block, BLOCK_AREA_BYTES),
    attributeBlock:
      cursor.u32le(INODE.fileAclLow) +
      (volume.superblock.features.has('64bit') ? cursor.u16le(INODE.fileAclHigh) * 2 ** 32 : 0),
    attributeArea: raw.subarray(OLD_INODE_BYTES + extraBytes),
    offsetBytes,
    checksumSeed: seed,
  }
}

export function extraSizeOf(cursor: Cursor): number {
  return cursor.length > OLD_INODE_BYTES ? cursor.u16le(INODE.extraSize) : 0
}

/** Seconds are signed; two bits of the extra field count further turns of 2^32 seconds, the rest is nanoseconds. */
function modifiedOf(cursor: Cursor, extraBytes: number): bigint {
  const seconds = BigInt(cursor.i32le(INODE.modified))
  if (OLD_INODE_BYTES + extraBytes < INODE.modifiedExtra + 4) return seconds * 1_000_000_000n
  const extra = cursor.u32le(INODE.modifiedExtra)
  return (seconds + (BigInt(extra & 3) << 32n)) * 1_000_000_000n + BigInt(extra >>> 2)
}

function inodeSeed({ superblock }: Volume, number: number, generation: number): number | undefined {
  if (superblock.checksumSeed === undefined) return undefined
  return crc32cRaw(crc32cRaw(superblock.checksumSeed, le32(number)), le32(generation))
}

function checkChecksum(cursor: Cursor, extraBytes: number, seed: number, number: number): void {
  const whole = hasHighChecksum(extraBytes)
  const computed = inodeChecksum(cursor.bytes, extraBytes, seed)
  const expected = whole ? computed : computed & 0xffff
  const stored = cursor.u16le(INODE.checksumLow)
  const found = whole ? stored + cursor.u16le(INODE.checksumHigh) * 0x1_0000 : stored
  if (found === expected) return
  throw raise('EXT4_CHECKSUM_MISMATCH', {
    structure: `inode ${number}`,
    offsetBytes: cursor.base,
    found: hex(found),
    expected: hex(expected),
  })
}

export function hasHighChecksum(extraBytes: number): boolean {
  return OLD_INODE_BYTES + extraBytes >= INODE.checksumHigh + 2
}

const TWO_ZEROS = new Uint8Array(2)

/** ext4_inode_csum in fs/ext4/inode.c: both halves of the checksum count as zeros. */
export function inodeChecksum(raw: Uint8Array, extraBytes: number, seed: number): number {
  let crc = crc32cRaw(seed, raw.subarray(0, INODE.checksumLow))
  crc = crc32cRaw(crc, TWO_ZEROS)
  crc = crc32cRaw(crc, raw.subarray(INODE.checksumLow + 2, OLD_INODE_BYTES))
  if (raw.length === OLD_INODE_BYTES) return crc
  crc = crc32cRaw(crc, raw.subarray(OLD_INODE_BYTES, INODE.checksumHigh))
  if (!hasHighChecksum(extraBytes)) return crc32cRaw(crc, raw.subarray(INODE.checksumHigh))
  return crc32cRaw(crc32cRaw(crc, TWO_ZEROS), raw.subarray(INODE.checksumHigh + 2))
}
