import { Cursor, cached, toSafe } from '../../bytes/index.ts'
import type { ByteSource, Units, Unpack } from '../../bytes/index.ts'
import { badField } from './errors.ts'
import type { Inode } from './inode.ts'
import type { Geometry } from './superblock.ts'

const IN_METABOX = 1n << 63n
const METABOX_CACHE = { blockBytes: 4096, blocks: 256 } as const

/** Opens the content of an inode: given, since content and volume need each other. */
export type OpenNid = (volume: Volume, nid: bigint, signal?: AbortSignal) => Promise<ByteSource>

/**
 * An opened file system. Metadata of an inode lies in the image itself, or in the content of one inode (the metabox), which may
 * be compressed; tails of files may lie in the content of another one (the packed inode).
 */
export class Volume {
  readonly geometry: Geometry
  readonly source: ByteSource
  /** The source through a cache. */
  readonly near: ByteSource
  /** By the number of the device, from 1 on; those that are not there are left out. */
  readonly devices: ReadonlyMap<number, ByteSource>
  readonly unpack: Unpack
  /** Clusters that were decompressed. */
  readonly clusters: Units
  /** Inodes that were read, the oldest first. */
  readonly inodes = new Map<bigint, Inode>()
  readonly #openNid: OpenNid
  #metabox: Promise<ByteSource> | undefined
  #packed: Promise<ByteSource> | undefined

  constructor(
    parts: Pick<Volume, 'geometry' | 'source' | 'near' | 'devices' | 'unpack' | 'clusters'>,
    openNid: OpenNid,
  ) {
    this.geometry = parts.geometry
    this.source = parts.source
    this.near = parts.near
    this.devices = parts.devices
    this.unpack = parts.unpack
    this.clusters = parts.clusters
    this.#openNid = openNid
  }

  /** Where the inode and what follows it are. */
  async placeOf(nid: bigint): Promise<Readonly<{ meta: ByteSource; at: number }>> {
    const within = toSafe((nid & ~IN_METABOX) * 32n, 'an inode number')
    if ((nid & IN_METABOX) === 0n) return { meta: this.near, at: this.geometry.metaBytes + within }
    return { meta: await this.metabox(), at: within }
  }

  /** Throws EROFS_BAD_FIELD where there is none. A failure is kept: it would happen again. */
  metabox(): Promise<ByteSource> {
    const { metaboxNid } = this.geometry
    this.#metabox ??= this.#special(metaboxNid, 'the metabox').then((content) =>
      cached(content, METABOX_CACHE),
    )
    return this.#metabox
  }

  packed(): Promise<ByteSource> {
    this.#packed ??= this.#special(this.geometry.packedNid, 'the packed inode')
    return this.#packed
  }

  async #special(nid: bigint | undefined, what: string): Promise<ByteSource> {
    if (nid === undefined)
      throw badField({ structure: what, base: 0 }, 0, 'its number in the superblock', 'absent', 'there')
    return this.#openNid(this, nid)
  }
}

/** Metadata that have been bounded in length. Throws EROFS_BAD_FIELD where they lie outside. */
export async function readMeta(
  meta: ByteSource,
  at: number,
  length: number,
  structure: string,
  signal?: AbortSignal,
): Promise<Cursor> {
  if (at < 0 || at + length > meta.size)
    throw badField({ structure, base: at }, 0, 'its end', at + length, `at most ${meta.size}`)
  return new Cursor(await meta.read(at, length, signal), structure, at)
}
