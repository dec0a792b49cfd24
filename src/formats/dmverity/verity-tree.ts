/**
 * The hash tree of dm-verity: it says what each block of a device has to hold, and one hash, that of its top, vouches for it.
 *
 * Scope: trees as `veritysetup format` writes them, with their superblock, hash types 0 and 1, salts, blocks of 512 bytes to
 * 512 KiB, the SHA family. Non-goals: forward error correction (what differs is refused, not repaired), signatures of the root
 * hash, trees without a superblock.
 *
 * Reference: Documentation/admin-guide/device-mapper/verity.rst of Linux; lib/verity of cryptsetup.
 */
import { bytesOfHex, toHex } from '../../core/index.ts'
import { Units, cached, checkRange } from '../../bytes/index.ts'
import type { Algorithms, ByteSource } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import type { VerityFacts } from './superblock.ts'
import { readSuperblock } from './superblock.ts'
import { shapeOf } from './tree-shape.ts'
import type { TreeShape } from './tree-shape.ts'

export type VerityTree = Readonly<{
  facts: VerityFacts
  /**
   * The data, each block of which is compared with the tree before its first byte is given, as are the blocks of the tree
   * that vouch for it. Holes are read as data: whether zeros are right is also a question. What lies behind the last block
   * of the tree is not looked at; the kernel does not show it. The first read throws VERITY_ROOT_DIFFERS where the tree has another root
   * hash (hexadecimal digits); all throw VERITY_BLOCK_DIFFERS, VERITY_DATA_SHORT.
   */
  verified: (data: ByteSource, rootHash: string) => ByteSource
}>

export type VerityOptions = Readonly<{
  algorithms: Pick<Algorithms, 'digest'>
  /** Where the superblock is. Default: 0. */
  offsetBytes?: number
  signal?: AbortSignal
}>

const KEPT_BYTES = 4 << 20
const FETCHED_BYTES = 64 * 1024

/** Throws VERITY_SUPERBLOCK_INVALID, VERITY_HASH_UNSUPPORTED, VERITY_TREE_SHORT. */
export async function openVerityTree(source: ByteSource, options: VerityOptions): Promise<VerityTree> {
  const { algorithms, offsetBytes = 0, signal } = options
  const facts = await readSuperblock(source, offsetBytes, signal)
  const shape = shapeOf(facts, offsetBytes)
  const { dataBlocks } = facts
  if (shape.endBytes > source.size) {
    const has = { neededBytes: shape.endBytes, sizeBytes: source.size }
    throw raise('VERITY_TREE_SHORT', { source: source.name, dataBlocks, ...has })
  }
  const digest = await algorithms.digest(facts.hash)
  return {
    facts,
    verified: (data, rootHash) => new Verifier(source, facts, shape, digest).over(data, rootHash),
  }
}

class Verifier {
  readonly #source: ByteSource
  readonly #fetched: ByteSource
  readonly #facts: VerityFacts
  readonly #shape: TreeShape
  readonly #digest: (bytes: Uint8Array) => Uint8Array
  /** Blocks of the tree that were found right. */
  readonly #sound = new Units(KEPT_BYTES)

  constructor(
    source: ByteSource,
    facts: VerityFacts,
    shape: TreeShape,
    digest: (bytes: Uint8Array) => Uint8Array,
  ) {
    this.#source = source
    this.#fetched = cached(source, {
      blockBytes: Math.max(FETCHED_BYTES, facts.hashBlockBytes),
      blocks: 4,
    })
    this.#facts = facts
    this.#shape = shape
    this.#digest = digest
  }

  over(data: ByteSource, rootHash: string): ByteSource {
    const { dataBlocks, dataBlockBytes } = this.#facts
    const neededBytes = dataBlocks * dataBlockBytes
    const root = bytesOfHex(rootHash)
    return {
      size: data.size,
      name: data.name,
      read: async (offset, length, signal) => {
        checkRange(data, offset, length)
        if (data.size < neededBytes) {
          const has = { sizeBytes: data.size, neededBytes }
          throw raise('VERITY_DATA_SHORT', { source: data.name, tree: this.#source.name, ...has })
        }
        if (length === 0) return new Uint8Array(0)
        const first = Math.floor(offset / dataBlockBytes)
        const from = first * dataBlockBytes
        const to = Math.min(Math.ceil((offset + length) / dataBlockBytes) * dataBlockBytes, data.size)
        const bytes = await data.read(from, to - from, signal)
        for (let block = first; block < dataBlocks && block * dataBlockBytes < to; block += 1) {
          signal?.throwIfAborted()
          const start = block * dataBlockBytes - from
          await this.#compare(bytes.subarray(start, start + dataBlockBytes), { data, block, root })
        }
        return bytes.subarray(offset - from, offset - from + length)
      },
    }
  }

  async #compare(
    bytes: Uint8Array,
    { data, block, root }: Readonly<{ data: ByteSource; block: number; root: Uint8Array }>,
  ): Promise<void> {
    const found = this.#hash(bytes)
    const expected = await this.#hashAt(0, block, data, root)
    if (isEqual(found, expected)) return
    if (this.#shape.levelOffsets.length === 0) throw this.#otherRoot(data, found, root)
    const offsetBytes = block * this.#facts.dataBlockBytes
    throw raise('VERITY_BLOCK_DIFFERS', {
      what: 'block',
      block,
      source: data.name,
      offsetBytes,
      ...digits({ found, expected }),
    })
  }

  /** What the tree says of a block of the level below `level`: of the data for 0. */
  async #hashAt(level: number, index: number, data: ByteSource, root: Uint8Array): Promise<Uint8Array> {
    if (level === this.#shape.levelOffsets.length) return root
    const { hashesPerBlock, stepBytes, hashBytes } = this.#shape
    const block = await this.#treeBlock(level, Math.floor(index / hashesPerBlock), data, root)
    const at = (index % hashesPerBlock) * stepBytes
    return block.subarray(at, at + hashBytes)
  }

  #treeBlock(level: number, index: number, data: ByteSource, root: Uint8Array): Promise<Uint8Array> {
    const { hashBlockBytes } = this.#facts
    return this.#sound.get(`${level}/${index}`, hashBlockBytes, async () => {
      const offsetBytes = (this.#shape.levelOffsets[level] ?? 0) + index * hashBlockBytes
      // A copy: what is kept shall not hold what it was fetched with.
      const bytes = new Uint8Array(await this.#fetched.read(offsetBytes, hashBlockBytes))
      const found = this.#hash(bytes)
      const expected = await this.#hashAt(level + 1, index, data, root)
      if (isEqual(found, expected)) return bytes
      if (level + 1 === this.#shape.levelOffsets.length) throw this.#otherRoot(data, found, root)
      const where = { block: index, source: this.#source.name, offsetBytes }
      throw raise('VERITY_BLOCK_DIFFERS', {
        what: `block of level ${level}`,
        ...where,
        ...digits({ found, expected }),
      })
    })
  }

  #otherRoot(data: ByteSource, found: Uint8Array, expected: Uint8Array): Error {
    const which = { source: data.name, tree: this.#source.name }
    return raise('VERITY_ROOT_DIFFERS', { ...which, ...digits({ found, expected }) })
  }

  #hash(bytes: Uint8Array): Uint8Array {
    const { salt, hashType } = this.#facts
    if (salt.length === 0) return this.#digest(bytes)
    const joined = new Uint8Array(salt.length + bytes.length)
    joined.set(salt, hashType === 0 ? bytes.length : 0)
    joined.set(bytes, hashType === 0 ? 0 : salt.length)
    return this.#digest(joined)
  }
}

type Hashes = Readonly<{ found: Uint8Array; expected: Uint8Array }>

function digits({ found, expected }: Hashes): Readonly<{ found: string; expected: string }> {
  return { found: toHex(found), expected: toHex(expected) }
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index])
}
