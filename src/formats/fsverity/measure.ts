/**
 * The digest of a file as fs-verity measures it: what composefs names files by, and what the kernel compares.
 *
 * Scope: SHA-256 and SHA-512, blocks of 4096 bytes, no salt, which is all that composefs writes. Non-goals: the tree that a
 * file system keeps behind a file, signatures.
 *
 * Reference: Documentation/filesystems/fsverity.rst of Linux ("Merkle tree", "fs-verity descriptor").
 */
import { toHex } from '../../core/index.ts'
import { endOf, extentsOf } from '../../bytes/index.ts'
import type { Algorithms, ByteSource } from '../../bytes/index.ts'

/** By the number that descriptors and overlayfs have for it. */
export const FS_VERITY_HASHES = { 1: 'sha256', 2: 'sha512' } as const
export type FsVerityHash = 'sha256' | 'sha512'

const BLOCK_BYTES = 4096
const READ_BYTES = 256 * BLOCK_BYTES
const DESCRIPTOR_BYTES = 256
const HASHES = { sha256: { number: 1, bytes: 32 }, sha512: { number: 2, bytes: 64 } } as const

type Digest = (bytes: Uint8Array) => Uint8Array

/** Reads all of a source but its holes, and gives its fs-verity digest in hexadecimal digits. */
export async function measureFsVerity(
  source: ByteSource,
  hash: FsVerityHash,
  algorithms: Pick<Algorithms, 'digest'>,
  signal?: AbortSignal,
): Promise<string> {
  const digest = await algorithms.digest(hash)
  const tree = new Tree(digest, HASHES[hash].bytes)
  // A hole may begin and end within a block: such a block is read.
  let at = 0
  const readUpTo = async (end: number): Promise<void> => {
    while (at < end) {
      signal?.throwIfAborted()
      const length = Math.min(READ_BYTES, end - at)
      tree.add(await source.read(at, length, signal))
      at += length
    }
  }
  for await (const extent of extentsOf(source, 0, source.size, signal)) {
    if (extent.kind === 'data') continue
    const from = Math.ceil(Math.max(extent.offsetBytes, at) / BLOCK_BYTES) * BLOCK_BYTES
    const to = Math.floor(endOf(extent) / BLOCK_BYTES) * BLOCK_BYTES
    if (to <= from) continue
    await readUpTo(from)
    tree.addZeros((to - from) / BLOCK_BYTES)
    at = to
  }
  await readUpTo(source.size)
  return toHex(digest(descriptor(hash, source.size, tree.root())))
}

function descriptor(hash: FsVerityHash, sizeBytes: number, root: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(DESCRIPTOR_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, 1)
  view.setUint8(1, HASHES[hash].number)
  view.setUint8(2, Math.log2(BLOCK_BYTES))
  view.setBigUint64(8, BigInt(sizeBytes), true)
  bytes.set(root, 16)
  return bytes
}

type Level = { readonly block: Uint8Array; filled: number; count: number }

/** The Merkle tree of a file that comes block by block: one block of each level is in memory. */
class Tree {
  readonly #digest: Digest
  readonly #hashBytes: number
  readonly #levels: Level[] = []
  /** What a block of zeros is at each level: such subtrees are all alike. */
  readonly #zeros: Uint8Array[] = []

  constructor(digest: Digest, hashBytes: number) {
    this.#digest = digest
    this.#hashBytes = hashBytes
  }

  /** Whole blocks, but for the end of the file. */
  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
      const block = bytes.subarray(at, at + BLOCK_BYTES)
      this.#push(0, this.#digest(block.length === BLOCK_BYTES ? block : padded(block)))
    }
  }

  addZeros(blocks: number, level = 0): void {
    const arity = BLOCK_BYTES / this.#hashBytes
    let left = blocks
    const one = this.#zeroHash(level)
    const fill = (count: number): void => {
      for (let index = 0; index < count; index += 1) this.#push(level, one)
      left -= count
    }
    fill(Math.min(left, (arity - this.#level(level).filled) % arity))
    // Now no block of this level is begun: whole subtrees go to the level above.
    const whole = Math.floor(left / arity)
    if (whole > 0) {
      this.#level(level).count += whole * arity
      this.addZeros(whole, level + 1)
      left -= whole * arity
    }
    fill(left)
  }

  root(): Uint8Array {
    for (let level = 0; level < this.#levels.length; level += 1) {
      const { block, filled, count } = this.#level(level)
      if (count === 1) return new Uint8Array(block.subarray(0, this.#hashBytes))
      if (filled > 0) this.#flush(level)
    }
    return new Uint8Array(this.#hashBytes)
  }

  /** A level whose only hash is the root keeps it in its block: it is flushed when a second one is there. */
  #push(level: number, hash: Uint8Array): void {
    const into = this.#level(level)
    into.block.set(hash, into.filled * this.#hashBytes)
    into.filled += 1
    into.count += 1
    if (into.filled * this.#hashBytes === BLOCK_BYTES) this.#flush(level)
  }

  #flush(level: number): void {
    const from = this.#level(level)
    from.block.fill(0, from.filled * this.#hashBytes)
    from.filled = 0
    this.#push(level + 1, this.#digest(from.block))
  }

  #level(level: number): Level {
    this.#levels[level] ??= { block: new Uint8Array(BLOCK_BYTES), filled: 0, count: 0 }
    return this.#levels[level]
  }

  #zeroHash(level: number): Uint8Array {
    const known = this.#zeros[level]
    if (known !== undefined) return known
    const below = level === 0 ? undefined : this.#zeroHash(level - 1)
    const block = new Uint8Array(BLOCK_BYTES)
    if (below !== undefined) for (let at = 0; at < BLOCK_BYTES; at += this.#hashBytes) block.set(below, at)
    const hash = this.#digest(block)
    this.#zeros[level] = hash
    return hash
  }
}

function padded(bytes: Uint8Array): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES)
  block.set(bytes)
  return block
}
