/**
 * btrfs on one device, read only.
 *
 * Scope: superblock and its copies, all four checksums, chunks (single, DUP, RAID1 on one device), trees, subvolumes and
 * snapshots, directories, the content of files (inline, regular, written or not, holes; zlib, LZO, zstd), checksums of
 * data, free space, whether a log waits to be replayed. Each node has to say truly where it is and what it belongs to.
 *
 * Non-goals: replaying the log; several devices, RAID0, RAID10, RAID5 and RAID6; zoned devices, extent tree v2, the RAID
 * stripe tree; quotas, fs-verity's hashes, send streams.
 *
 * Paths begin at the top level (subvolume 5), whichever subvolume is the default: every subvolume can be reached from
 * there, and GRUB's paths begin there.
 *
 * Reference: Documentation/filesystems of btrfs (On-disk-format), and fs/btrfs of Linux, which wins where they differ.
 */
import type { Algorithms, ByteSource, ReaderWarning } from '../../bytes/index.ts'
import type { FileSystem, FileSystemFacts } from '../filesystem/index.ts'
import { allocationOf } from './allocation.ts'
import { ChunkMap, checkCount, readChunk, systemChunks } from './chunk-map.ts'
import type { Chunk } from './chunk-map.ts'
import { planContent } from './content-edit.ts'
import { checkFile, contentOf, contentRanges, Expanded, openContent } from './content.ts'
import { listDirectory, lookupEntry } from './directory.ts'
import { badField } from './damage.ts'
import { raise } from './errors.ts'
import { featureNames, unknownReadOnly } from './features.ts'
import { warning } from './findings.ts'
import { CHUNK, KEY, MOST_U64, TREE } from './layout.ts'
import { nodeIdOf, placeOfNode } from './node-id.ts'
import { Nodes } from './nodes.ts'
import { findTree } from './subvolumes.ts'
import { listSubvolumes } from './subvolume-list.ts'
import { readSuperblock } from './superblock.ts'
import type { Geometry } from './superblock.ts'
import { walkItems } from './tree-walk.ts'
import { Volume } from './volume.ts'
import { xattrsOf } from './xattrs.ts'

/** PATH_MAX of Linux: no link is longer. */
const LONGEST_TARGET = 4096

/** Opens a file system that fills `source`. Throws BTRFS_… where it cannot be read; a log to be replayed is a warning. */
export async function openBtrfs(
  source: ByteSource,
  options: Readonly<{ algorithms: Algorithms; signal?: AbortSignal }>,
): Promise<FileSystem> {
  const { algorithms, signal } = options
  const geometry = await readSuperblock(source, algorithms, signal)
  const volume = await withAllChunks(geometry, source, algorithms, signal)
  const nodes = new Nodes(volume)
  const expanded = new Expanded(volume)
  const top = await nodes.subvolume(TREE.filesystem)
  const checksums = await findTree(volume, TREE.checksum)
  if (checksums === undefined)
    throw raise('BTRFS_NO_SUCH_TREE', { tree: String(TREE.checksum), source: source.name })
  const subvolumes = await listSubvolumes(volume, nodes, signal)
  const isTrusted = !geometry.hasLog && !geometry.hasErrors && unknownReadOnly(geometry.words) === undefined

  return {
    facts: factsOf(geometry),
    warnings: [
      ...warningsOf(geometry),
      ...subvolumes.lost.map((message) => warning('BTRFS_SUBVOLUME_LOST', message)),
    ],
    subvolumes: subvolumes.all,
    root: nodeIdOf({ tree: TREE.filesystem, inode: top.rootDirectory }),
    async stat(id, asked) {
      return nodes.stat(id, asked)
    },
    async *list(directory, asked) {
      const inode = await nodes.directory(directory)
      if (inode !== undefined) yield* listDirectory(volume, inode, asked)
    },
    async lookup(directory, name) {
      const inode = await nodes.directory(directory)
      return inode && lookupEntry(volume, inode, new TextEncoder().encode(name))
    },
    async readLink(id, asked) {
      const inode = await nodes.inode(id)
      const { kind, place, sizeBytes } = inode
      if (kind !== 'symlink') {
        const where = { inode: String(place.inode), subvolume: String(place.tree) }
        throw raise('BTRFS_NOT_A_SYMLINK', { ...where, kind })
      }
      if (sizeBytes < 1 || sizeBytes > LONGEST_TARGET) {
        const structure = `inode ${place.inode} of the subvolume ${place.tree}`
        throw badField(
          { structure, base: 0 },
          16,
          'the length of a link',
          sizeBytes,
          `1 to ${LONGEST_TARGET}`,
        )
      }
      const content = await contentOf(volume, checksums, inode, expanded, asked)
      const target = await content.read(0, sizeBytes, asked)
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(target)
    },
    async xattrs(id, asked) {
      if (placeOfNode(id).placeholder !== undefined) return []
      return xattrsOf(volume, await nodes.inode(id), asked)
    },
    async open(id, asked) {
      return openContent(volume, checksums, await nodes.inode(id), expanded, asked)
    },
    async *ranges(id, asked) {
      yield* contentRanges(volume, await nodes.inode(id), asked)
    },
    async planSize(id) {
      checkFile(await nodes.inode(id))
      return { refusal: 'btrfs has checksums over the content: its size changes with that alone' }
    },
    async planContent(id, before, after, asked) {
      return planContent(volume, checksums, await nodes.inode(id), before, after, asked)
    },
    async *allocation(asked) {
      if (isTrusted) yield* allocationOf(volume, asked)
      else yield { offsetBytes: 0, lengthBytes: source.size, kind: 'data' }
    },
  }
}

/** First the chunks of the superblock, with which the chunk tree can be read, and with that all of them. */
async function withAllChunks(
  geometry: Geometry,
  source: ByteSource,
  algorithms: Algorithms,
  signal: AbortSignal | undefined,
): Promise<Volume> {
  const system = new ChunkMap(systemChunks(geometry, source.name))
  const volume = new Volume(geometry, source, algorithms, system)
  const chunks: Chunk[] = []
  const first = { objectId: 0n, type: 0, offset: 0n }
  const last = { objectId: MOST_U64, type: 255, offset: MOST_U64 }
  for await (const { key, data } of walkItems(volume, geometry.chunkTree, first, last, CHUNK.name, signal)) {
    if (key.type !== KEY.chunkItem) continue
    if (key.offset > BigInt(Number.MAX_SAFE_INTEGER))
      throw badField(data, 0, 'the logical address', key.offset, 'less than 2^53')
    chunks.push(readChunk(geometry, Number(key.offset), data, source.name))
    checkCount(chunks.length)
  }
  return volume.withChunks(new ChunkMap(chunks))
}

function factsOf(geometry: Geometry): FileSystemFacts {
  return {
    type: 'btrfs',
    label: geometry.label,
    uuid: geometry.uuid,
    blockSizeBytes: geometry.sectorSize,
    sectorSizeBytes: geometry.sectorSize,
    sizeBytes: geometry.sizeBytes,
    freeBytes: geometry.sizeBytes - geometry.usedBytes,
    features: featureNames(geometry.words),
    clean: !geometry.hasLog && !geometry.hasErrors,
  }
}

function warningsOf({ hasLog, hasErrors, isCopy, words }: Geometry): readonly ReaderWarning[] {
  const unknown = unknownReadOnly(words)
  return [
    ...(isCopy ? [warning('BTRFS_SUPERBLOCK_COPY', 'the first superblock does not match its checksum')] : []),
    ...(hasLog ? [warning('BTRFS_LOG_TREE', 'a log tree waits to be replayed')] : []),
    ...(hasErrors ? [warning('BTRFS_ERRORS_RECORDED', 'the superblock says that errors were found')] : []),
    ...(unknown === undefined ? [] : [warning('BTRFS_UNKNOWN_FEATURES', unknown)]),
  ]
}
