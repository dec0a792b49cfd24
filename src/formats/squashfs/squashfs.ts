/**
 * squashfs 4.0, read only.
 *
 * Scope: every compressor that squashfs-tools know (gzip, lzma, lzo, xz with branch filters, lz4, zstd), inodes of both
 * sizes, directories with and without an index, fragments, holes, blocks that are stored as they are, extended attributes.
 *
 * Non-goals: versions below 4.0 and big-endian ones; the table that NFS finds inodes with. There are no checksums: damage
 * shows where blocks do not decompress, or contradict one another.
 *
 * Reference: Documentation/filesystems/squashfs.rst and fs/squashfs of Linux.
 */
import { Units, cached } from '../../bytes/index.ts'
import type { ByteSource, Unpack } from '../../bytes/index.ts'
import type { FileSystem } from '../filesystem/index.ts'
import { contentRanges, openContent } from './content.ts'
import { listDirectory, lookupEntry } from './directory.ts'
import { raise } from './errors.ts'
import { readInode } from './inode.ts'
import { featureNames, readSuperblock } from './superblock.ts'
import type { Volume } from './volume.ts'
import { xattrsOf } from './xattrs.ts'

const NEAR = { blockBytes: 65_536, blocks: 64 } as const
const METADATA_CACHE_BYTES = 4 << 20
/** Eight of the largest blocks. */
const BLOCK_CACHE_BYTES = 8 << 20

/** Opens a file system that begins with `source`. Throws SQUASHFS_… where it cannot be read. */
export async function openSquashfs(
  source: ByteSource,
  options: Readonly<{ algorithms: Readonly<{ unpack: Unpack }>; signal?: AbortSignal }>,
): Promise<FileSystem> {
  const near = cached(source, NEAR)
  const geometry = await readSuperblock(near, options.signal)
  const volume: Volume = {
    geometry,
    source,
    near,
    unpack: options.algorithms.unpack,
    blocks: new Units(BLOCK_CACHE_BYTES),
    metadata: new Units(METADATA_CACHE_BYTES),
    ids: new Map(),
  }
  return {
    facts: {
      type: 'squashfs',
      label: '',
      uuid: '',
      blockSizeBytes: geometry.blockSize,
      sectorSizeBytes: 512,
      sizeBytes: geometry.bytesUsed,
      freeBytes: 0,
      features: featureNames(geometry),
      clean: true,
    },
    warnings: [],
    root: BigInt(geometry.rootInode),
    async stat(id) {
      return (await readInode(volume, id)).stat
    },
    list(directory, signal) {
      return listDirectory(volume, directory, signal)
    },
    lookup(directory, name, signal) {
      return lookupEntry(volume, directory, new TextEncoder().encode(name), signal)
    },
    async readLink(id) {
      const inode = await readInode(volume, id)
      if (inode.what !== 'symlink')
        throw raise('SQUASHFS_NOT_A_SYMLINK', { inode: String(id), kind: inode.stat.kind })
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(inode.target)
    },
    async xattrs(id, signal) {
      return xattrsOf(volume, await readInode(volume, id), signal)
    },
    open(id, signal) {
      return openContent(volume, id, signal)
    },
    ranges(id, signal) {
      return contentRanges(volume, id, signal)
    },
    async planSize() {
      return { refusal: 'squashfs can only be read' }
    },
    async *allocation() {
      yield { offsetBytes: 0, lengthBytes: source.size, kind: 'data' }
    },
  }
}
