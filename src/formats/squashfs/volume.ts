import type { ByteSource, Units, Unpack } from '../../bytes/index.ts'
import { badField, raise } from './errors.ts'
import { METADATA_BYTES } from './layout.ts'
import type { Geometry } from './superblock.ts'

/** An opened file system. `blocks` and `metadata` hold decompressed blocks by their place in the source. */
export type Volume = Readonly<{
  geometry: Geometry
  source: ByteSource
  /** The source through a cache: for headers, tables and small blocks. */
  near: ByteSource
  unpack: Unpack
  blocks: Units
  metadata: Units
  /** User and group ids that were read, by their index: at most 65,536. */
  ids: Map<number, number>
}>

const SIZE_MASK = 0xff_ffff
const PLAIN_BLOCK = 0x100_0000
/** Blocks of small files, which lie side by side. */
const SMALL_BYTES = 32_768

/** A block of content or of fragments, by the word that gives its length and whether it is compressed. */
export type StoredBlock = Readonly<{ startBytes: number; word: number }>

export function storedLength(word: number): number {
  return word & SIZE_MASK
}

export function isPlain(word: number): boolean {
  return (word & PLAIN_BLOCK) !== 0
}

/** Decompresses a block of at most `mostBytes`. Throws SQUASHFS_BAD_FIELD and SQUASHFS_BAD_BLOCK. */
export async function readBlock(
  volume: Volume,
  { startBytes, word }: StoredBlock,
  mostBytes: number,
): Promise<Uint8Array> {
  const lengthBytes = storedLength(word)
  checkStored(volume, startBytes, lengthBytes, mostBytes, 'a block of content')
  const from = lengthBytes <= SMALL_BYTES ? volume.near : volume.source
  const stored = await from.read(startBytes, lengthBytes)
  return isPlain(word) ? stored : unpackBlock(volume, stored, startBytes, mostBytes)
}

/** One metadata block: its content, and where the next one begins. */
export type MetadataBlock = Readonly<{ bytes: Uint8Array; startBytes: number; nextBytes: number }>

/** Header of two bytes: length, and a mark where the block is not compressed. */
export async function readMetadataBlock(volume: Volume, startBytes: number): Promise<MetadataBlock> {
  checkStored(volume, startBytes, 2, METADATA_BYTES, 'a metadata block')
  const header = await volume.near.read(startBytes, 2)
  const word = (header[0] ?? 0) | ((header[1] ?? 0) << 8)
  const lengthBytes = word & 0x7fff
  checkStored(volume, startBytes + 2, lengthBytes, METADATA_BYTES, 'a metadata block')
  const nextBytes = startBytes + 2 + lengthBytes
  const bytes = await volume.metadata.get(startBytes, METADATA_BYTES, async () => {
    const stored = await volume.near.read(startBytes + 2, lengthBytes)
    if ((word & 0x8000) !== 0) return new Uint8Array(stored)
    return unpackBlock(volume, stored, startBytes, METADATA_BYTES)
  })
  return { bytes, startBytes, nextBytes }
}

function checkStored(
  { geometry }: Volume,
  startBytes: number,
  lengthBytes: number,
  mostBytes: number,
  structure: string,
): void {
  if (startBytes + lengthBytes > geometry.bytesUsed || startBytes < 0) {
    throw badField(
      structure,
      startBytes,
      'its end',
      startBytes + lengthBytes,
      `at most ${geometry.bytesUsed}`,
    )
  }
  if (lengthBytes === 0 || lengthBytes > mostBytes) {
    throw badField(structure, startBytes, 'its length', lengthBytes, `1 to ${mostBytes}`)
  }
}

async function unpackBlock(
  { unpack, geometry }: Volume,
  stored: Uint8Array,
  startBytes: number,
  mostBytes: number,
): Promise<Uint8Array> {
  const { name, packing } = geometry.compressor
  const into = new Uint8Array(mostBytes)
  try {
    const length = await unpack(packing, stored, into, 'whole')
    // A copy, so that a short block does not hold the memory of a long one.
    return length * 2 < mostBytes ? into.slice(0, length) : into.subarray(0, length)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw raise('SQUASHFS_BAD_BLOCK', { compressor: name, offsetBytes: startBytes, reason }, cause)
  }
}
