/**
 * EROFS, read only.
 *
 * Scope: compact and extended inodes; content in one run, with its tail behind the inode, in chunks (with holes, and on further
 * devices that are given); compressed content with full and compact indices and with extents: LZ4, LZMA, DEFLATE and Zstandard,
 * clusters of several blocks, tails behind the inode, fragments in the packed inode, shared clusters; extended attributes
 * behind the inode, shared and with long prefixes; 48-bit numbers; metadata in the metabox. The superblock's checksum is
 * verified; nothing else has one.
 *
 * Non-goals: verifying fs-verity; finding the files of further devices.
 *
 * Reference: Documentation/filesystems/erofs.rst and fs/erofs of Linux, and erofs-utils, which have the newest layouts.
 */
import { Units, cached } from '../../bytes/index.ts'
import type { ByteSource, Unpack } from '../../bytes/index.ts'
import type { FileSystem } from '../filesystem/index.ts'
import { contentOf, contentRanges, openContent } from './content.ts'
import { listDirectory, lookupEntry } from './directory.ts'
import { badField, raise } from './errors.ts'
import { warning } from './findings.ts'
import { readInode } from './inode.ts'
import { readSuperblock } from './superblock.ts'
import { Volume } from './volume.ts'
import { Xattrs } from './xattrs.ts'

const NEAR = { blockBytes: 65_536, blocks: 128 } as const
/** One of the largest clusters that Linux reads, and room beside it. */
const CLUSTER_CACHE_BYTES = 16 << 20
/** Linux keeps no longer ones (PAGE_SIZE). */
const LONGEST_TARGET = 65_536

export type ErofsOptions = Readonly<{
  algorithms: Readonly<{ unpack: Unpack }>
  /** Further devices, in the order of the image's table; undefined for one that is not there. */
  devices?: readonly (ByteSource | undefined)[]
  signal?: AbortSignal
}>

/** Opens a file system that begins with `source`. Throws EROFS_… where it cannot be read. */
export async function openErofs(source: ByteSource, options: ErofsOptions): Promise<FileSystem> {
  const near = cached(source, NEAR)
  const geometry = await readSuperblock(near, options.signal)
  const devices = new Map<number, ByteSource>()
  for (const [index, device] of (options.devices ?? []).entries())
    if (device !== undefined) devices.set(index + 1, device)
  const parts = { geometry, source, near, devices, unpack: options.algorithms.unpack }
  const volume = new Volume({ ...parts, clusters: new Units(CLUSTER_CACHE_BYTES) }, async (of, nid, signal) =>
    contentOf(of, await readInode(of, nid, signal)),
  )
  const xattrs = new Xattrs(volume)
  const isMissing = geometry.devices.some((_, index) => !devices.has(index + 1))
  const tags = geometry.devices.map(({ tag }, index) => (tag === '' ? `device ${index + 1}` : tag))
  return {
    facts: {
      type: 'erofs',
      label: geometry.label,
      uuid: geometry.uuid,
      blockSizeBytes: geometry.blockSize,
      sectorSizeBytes: 512,
      sizeBytes: geometry.sizeBytes,
      freeBytes: 0,
      features: geometry.features,
      clean: true,
    },
    warnings: isMissing
      ? [warning('EROFS_DEVICES_MISSING', `it has further devices: ${tags.join(', ')}`)]
      : [],
    root: geometry.rootNid,
    async stat(id, signal) {
      return (await readInode(volume, id, signal)).stat
    },
    list(directory, signal) {
      return listDirectory(volume, directory, signal)
    },
    lookup(directory, name, signal) {
      return lookupEntry(volume, directory, new TextEncoder().encode(name), signal)
    },
    async readLink(id, signal) {
      const inode = await readInode(volume, id, signal)
      const { kind, sizeBytes } = inode.stat
      if (kind !== 'symlink') throw raise('EROFS_NOT_A_SYMLINK', { inode: String(id), kind })
      if (sizeBytes > LONGEST_TARGET) {
        const where = { structure: 'the target of a symbolic link', base: inode.at }
        throw badField(where, 8, 'its length', sizeBytes, `at most ${LONGEST_TARGET}`)
      }
      const target = await (await contentOf(volume, inode)).read(0, sizeBytes, signal)
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(target)
    },
    async xattrs(id, signal) {
      return xattrs.of(await readInode(volume, id, signal), signal)
    },
    open(id, signal) {
      return openContent(volume, id, signal)
    },
    ranges(id, signal) {
      return contentRanges(volume, id, signal)
    },
    async planSize() {
      return { refusal: 'EROFS can only be read' }
    },
    async *allocation() {
      yield { offsetBytes: 0, lengthBytes: source.size, kind: 'data' }
    },
  }
}
