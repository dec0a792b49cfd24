import { Units } from '../../bytes/index.ts'
import type { Algorithms, ByteSource } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import type { ChunkMap } from './chunk-map.ts'
import { badField } from './damage.ts'
import type { Geometry } from './superblock.ts'
import { readTreeNode } from './tree-node.ts'
import type { TreeNode } from './tree-node.ts'

/** Nodes that were read a moment ago; one is 4 to 64 KiB. */
const KEPT_BYTES = 16 * 1024 * 1024
const STRUCTURE = 'a tree node (btrfs_header)'

/** An opened file system: its geometry, its bytes, and its nodes through a cache. */
export class Volume {
  readonly geometry: Geometry
  readonly source: ByteSource
  readonly algorithms: Algorithms
  readonly chunks: ChunkMap
  readonly #nodes = new Units<TreeNode>(KEPT_BYTES)

  constructor(geometry: Geometry, source: ByteSource, algorithms: Algorithms, chunks: ChunkMap) {
    this.geometry = geometry
    this.source = source
    this.algorithms = algorithms
    this.chunks = chunks
  }

  /** The same with other chunks: once the chunk tree was read. */
  withChunks(chunks: ChunkMap): Volume {
    return new Volume(this.geometry, this.source, this.algorithms, chunks)
  }

  /** A node of a tree at a logical address. Of several copies, the first that is sound. */
  node(logical: number): Promise<TreeNode> {
    return this.#nodes.get(logical, this.geometry.nodeSize, () => this.#read(logical))
  }

  /** Not bound to the caller's signal: others may be waiting for the same node. */
  async #read(logical: number): Promise<TreeNode> {
    const { geometry, source } = this
    if (logical % geometry.sectorSize !== 0)
      throw badField({ structure: STRUCTURE, base: 0 }, 0, 'its logical address', logical, 'a whole sector')
    const places = this.chunks.placesOf(logical, geometry.nodeSize, STRUCTURE)
    let failure: unknown
    for (const place of places) {
      try {
        const block = new Uint8Array(await source.read(place, geometry.nodeSize))
        return readTreeNode(geometry, block, logical, place)
      } catch (error) {
        if (!isAnnealError(error)) throw error
        failure ??= error
      }
    }
    throw failure
  }
}
