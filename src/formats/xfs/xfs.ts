/**
 * XFS, versions 4 and 5, read only.
 *
 * Scope: superblock, inodes, maps of extents, directories of every form, symbolic links, the content of files, extended
 * attributes, free space, shared blocks, and whether the log is clean. What V5 checksums is verified, and has to say truly what file
 * system, place and owner it belongs to.
 *
 * Non-goals: replaying the log; the realtime section and external logs, which are on another device; version 1 directories, quotas, the reverse map.
 *
 * Reference: "XFS Algorithms & Data Structures", third edition, and fs/xfs/libxfs of Linux, which wins where they
 * differ.
 */
import { cached } from '../../bytes/index.ts'
import type { ByteSource, ReaderWarning } from '../../bytes/index.ts'
import type { FileSystem, FileSystemFacts } from '../filesystem/index.ts'
import { contentRanges, openContent } from './content.ts'
import { listDirectory, lookupEntry } from './directory.ts'
import { RO_COMPAT, featureNames, unknownRoCompat } from './features.ts'
import { xfsWarning } from './findings.ts'
import { allocationOf } from './free-space.ts'
import { readLogState } from './log.ts'
import type { LogState } from './log.ts'
import { Nodes } from './nodes.ts'
import { isSharedRun } from './refcount.ts'
import { planSize } from './size-change.ts'
import { readSuperblock } from './superblock.ts'
import type { Geometry } from './superblock.ts'
import { readTarget } from './symlink.ts'
import type { Volume } from './volume.ts'
import { xattrsOf } from './xattrs.ts'

/** A chunk of 64 inodes of the usual 512 bytes; 16 MiB of them in all. */
const CACHE = { blockBytes: 32_768, blocks: 512 } as const

/** Opens a file system that fills `source`. Throws XFS_… where it cannot be read; a dirty log is a warning. */
export async function openXfs(
  source: ByteSource,
  options: Readonly<{ signal?: AbortSignal }> = {},
): Promise<FileSystem> {
  const meta = cached(source, CACHE)
  const geometry = await readSuperblock(meta, options.signal)
  const volume: Volume = { geometry, source, meta }
  const log = await readLogState(volume, options.signal)
  const unknown = unknownRoCompat(geometry.words)
  const trusted = log === 'clean' && unknown === undefined
  const nodes = new Nodes(volume)
  const isShared = sharing(volume, trusted)

  return {
    facts: factsOf(geometry, log),
    warnings: warningsOf(geometry, log, unknown),
    root: BigInt(geometry.rootInode),
    async stat(id, signal) {
      return (await nodes.inode(id, signal)).stat
    },
    async *list(directory, signal) {
      yield* listDirectory(volume, await nodes.directory(directory, signal), signal)
    },
    async lookup(directory, name, signal) {
      const bytes = new TextEncoder().encode(name)
      return lookupEntry(volume, await nodes.directory(directory, signal), bytes, signal)
    },
    async readLink(id, signal) {
      const target = await readTarget(volume, await nodes.inode(id, signal), signal)
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(target)
    },
    async xattrs(id, signal) {
      return xattrsOf(volume, await nodes.inode(id, signal), signal)
    },
    async open(id, signal) {
      return openContent(volume, await nodes.inode(id, signal), signal)
    },
    async *ranges(id, signal) {
      yield* contentRanges(volume, await nodes.inode(id, signal), isShared, signal)
    },
    async planSize(id, sizeBytes, signal) {
      return planSize(volume, await nodes.inode(id, signal), sizeBytes, signal)
    },
    async *allocation(signal) {
      if (trusted) yield* allocationOf(volume, signal)
      else yield { offsetBytes: 0, lengthBytes: source.size, kind: 'data' }
    },
  }
}

/** Only a clean file system's reference counts prove that a run has one owner. */
function sharing(
  volume: Volume,
  trusted: boolean,
): (block: number, count: number, signal?: AbortSignal) => Promise<boolean> {
  if (!trusted) return async () => true
  if ((volume.geometry.words.roCompat & RO_COMPAT.reflink) === 0) return async () => false
  return (block, count, signal) => isSharedRun(volume, block, count, signal)
}

function factsOf(geometry: Geometry, log: LogState): FileSystemFacts {
  return {
    type: 'xfs',
    label: geometry.label,
    uuid: geometry.uuid,
    blockSizeBytes: geometry.blockSize,
    sectorSizeBytes: geometry.sectorSize,
    sizeBytes: geometry.blocks * geometry.blockSize,
    freeBytes: geometry.freeBlocks * geometry.blockSize,
    features: featureNames(geometry.words),
    clean: log === 'clean',
  }
}

function warningsOf(
  geometry: Geometry,
  log: LogState,
  unknown: string | undefined,
): readonly ReaderWarning[] {
  const warnings: ReaderWarning[] = []
  if (geometry.hasRealtime) warnings.push(xfsWarning('XFS_REALTIME'))
  if (log === 'dirty') warnings.push(xfsWarning('XFS_LOG_DIRTY'))
  if (log === 'unreadable') warnings.push(xfsWarning('XFS_LOG_UNREADABLE'))
  if (unknown !== undefined) warnings.push(xfsWarning('XFS_UNKNOWN_FEATURES', unknown))
  return warnings
}
