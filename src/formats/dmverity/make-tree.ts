import { joinBytes } from '../../bytes/index.ts'
import { toHex } from '../../core/index.ts'
import { SIGNATURE, SUPERBLOCK } from './layout.ts'
import { shapeOf } from './tree-shape.ts'

const BLOCK_BYTES = 4096
const HASH_BYTES = 32
const HASH = 'sha256'

/** What is written behind the data, and the hash that vouches for it. */
export type MadeTree = Readonly<{
  /** The superblock, and the tree in the block behind it. */
  bytes: Uint8Array
  /** Hexadecimal digits. */
  rootHash: string
  dataBlocks: number
}>

/**
 * Makes the tree that `veritysetup format --salt=-` makes of the same data: SHA-256, blocks of 4096 bytes, without a salt. A hash
 * for each block of the data is in memory, 8 MiB for a gibibyte.
 */
export class VerityTreeMaker {
  readonly #sha256: (bytes: Uint8Array) => Uint8Array
  #hashes = new Uint8Array(1024 * HASH_BYTES)
  #blocks = 0

  constructor(sha256: (bytes: Uint8Array) => Uint8Array) {
    this.#sha256 = sha256
  }

  /** The next blocks of the data; the last one may be short, and is filled up with zeros. */
  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
      if ((this.#blocks + 1) * HASH_BYTES > this.#hashes.length) {
        const larger = new Uint8Array(this.#hashes.length * 2)
        larger.set(this.#hashes)
        this.#hashes = larger
      }
      const hash = this.#sha256(wholeBlock(bytes.subarray(at, at + BLOCK_BYTES)))
      this.#hashes.set(hash, this.#blocks * HASH_BYTES)
      this.#blocks += 1
    }
  }

  /** Without a UUID of its own it gets one that follows from the root hash. At least one block has come. */
  end(uuid?: Uint8Array): MadeTree {
    const dataBlocks = this.#blocks
    const shape = shapeOf(
      {
        uuid: '',
        hash: HASH,
        hashType: 1,
        dataBlockBytes: BLOCK_BYTES,
        hashBlockBytes: BLOCK_BYTES,
        dataBlocks,
        salt: new Uint8Array(0),
      },
      0,
    )
    const bytes = new Uint8Array(Math.max(shape.endBytes, BLOCK_BYTES))
    let hashes = this.#hashes.subarray(0, dataBlocks * HASH_BYTES)
    for (const offset of shape.levelOffsets) {
      bytes.set(hashes, offset)
      const above: Uint8Array[] = []
      for (let at = 0; at < hashes.length; at += BLOCK_BYTES)
        above.push(this.#sha256(bytes.subarray(offset + at, offset + at + BLOCK_BYTES)))
      hashes = joinBytes(above)
    }
    bytes.set(superblock(dataBlocks, uuid ?? uuidOf(hashes)))
    return { bytes, rootHash: toHex(hashes), dataBlocks }
  }
}

function wholeBlock(bytes: Uint8Array): Uint8Array {
  if (bytes.length === BLOCK_BYTES) return bytes
  const whole = new Uint8Array(BLOCK_BYTES)
  whole.set(bytes)
  return whole
}

/** Of version 8 (RFC 9562). */
function uuidOf(rootHash: Uint8Array): Uint8Array {
  const uuid = rootHash.slice(0, 16)
  uuid[6] = ((uuid[6] ?? 0) & 0x0f) | 0x80
  uuid[8] = ((uuid[8] ?? 0) & 0x3f) | 0x80
  return uuid
}

/** The members of `SUPERBLOCK`. */
function superblock(dataBlocks: number, uuid: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(SUPERBLOCK.sizeBytes)
  const view = new DataView(bytes.buffer)
  bytes.set(new TextEncoder().encode(SIGNATURE))
  view.setUint32(8, 1, true)
  view.setUint32(12, 1, true)
  bytes.set(uuid, 16)
  bytes.set(new TextEncoder().encode(HASH), 32)
  view.setUint32(64, BLOCK_BYTES, true)
  view.setUint32(68, BLOCK_BYTES, true)
  view.setBigUint64(72, BigInt(dataBlocks), true)
  return bytes
}
