import { cached } from '../../bytes/index.ts'
import type { ByteSource, Extent, ReaderWarning } from '../../bytes/index.ts'
import type { DirectoryEntry, FileRange, FileSystem, NodeId } from '../filesystem/index.ts'
import { allocationOf } from './allocation.ts'
import { contentOf, rangesOf, sourceOf } from './content.ts'
import { listDirectory } from './directory.ts'
import { raise } from './errors.ts'
import { hasFlag } from './inode.ts'
import type { Inode } from './inode.ts'
import { lookupIn } from './lookup.ts'
import { inodeReader } from './read-inode.ts'
import { planSize } from './size-change.ts'
import { stateOf } from './state.ts'
import { statOf } from './stat.ts'
import { SUPERBLOCK, SUPERBLOCK_OFFSET, looksLikeSuperblock, parseSuperblock } from './superblock.ts'
import { targetOf } from './symlink.ts'
import type { Volume } from './volume.ts'
import { xattrsOf } from './xattrs.ts'

const ROOT: NodeId = 2n
/** At most 16 MiB: a piece holds the inodes of 256 files, and listing by an index asks for inodes in no order. */
const CACHE = { blockBytes: 65_536, blocks: 256 } as const

/** Whether there is an ext2, ext3 or ext4 superblock. Reads 1 KiB; false for whatever is too short. */
export async function probeExt4(source: ByteSource): Promise<boolean> {
  if (source.size < SUPERBLOCK_OFFSET + SUPERBLOCK.sizeBytes) return false
  return looksLikeSuperblock(await source.read(SUPERBLOCK_OFFSET, SUPERBLOCK.sizeBytes))
}

/**
 * Opens ext2, ext3 or ext4 for reading.
 *
 * Scope: blocks of 1 to 64 KiB; extents and block maps; every feature that e2fsprogs 1.47 can set but those below;
 * checksums of all metadata that is read are verified where the file system has them.
 * Non-goals: writing; replaying the journal (a file system that needs it is read as it lies, with a warning);
 * decrypting; e2compr and Lustre's dirdata, refused by name; folding case in look-ups
 * (names are compared by their bytes, also in directories with casefold).
 * Reference: https://docs.kernel.org/filesystems/ext4/, and fs/ext4 of Linux where it is silent.
 *
 * Throws EXT4_NO_SUPERBLOCK, EXT4_REVISION_UNKNOWN, EXT4_JOURNAL_DEVICE, EXT4_FEATURE_UNSUPPORTED,
 * EXT4_CHECKSUM_MISMATCH, EXT4_GEOMETRY_INVALID, EXT4_CUT_SHORT.
 */
export async function openExt4(
  source: ByteSource,
  options: Readonly<{ signal?: AbortSignal }> = {},
): Promise<FileSystem> {
  const metadata = cached(source, CACHE)
  const block = await metadata.read(SUPERBLOCK_OFFSET, SUPERBLOCK.sizeBytes, options.signal)
  const superblock = parseSuperblock(block, source)
  return fileSystemOf({ superblock, source, metadata })
}

function fileSystemOf(volume: Volume): FileSystem {
  const { superblock } = volume
  const { clean, warnings: found } = stateOf(superblock)
  const warnings: ReaderWarning[] = [...found]
  const readInode = inodeReader(volume)

  const directoryOf = async (id: NodeId, signal?: AbortSignal): Promise<Inode> => {
    const inode = await readInode(id, signal)
    if (inode.kind !== 'directory')
      throw raise('EXT4_NOT_A_DIRECTORY', { inode: inode.number, kind: inode.kind })
    return plain(inode, 'names')
  }
  const fileOf = async (id: NodeId, signal?: AbortSignal): Promise<Inode> => {
    const inode = await readInode(id, signal)
    if (inode.kind !== 'file') throw raise('EXT4_NOT_A_FILE', { inode: inode.number, kind: inode.kind })
    return plain(inode, 'content')
  }

  return {
    facts: {
      type: superblock.type,
      label: superblock.fields.label,
      uuid: superblock.uuid,
      blockSizeBytes: superblock.blockBytes,
      sectorSizeBytes: superblock.blockBytes,
      sizeBytes: superblock.blocks * superblock.blockBytes,
      freeBytes: superblock.freeBlocks * superblock.blockBytes,
      features: superblock.features.names,
      clean,
    },
    warnings,
    root: ROOT,
    async stat(id, signal) {
      return statOf(await readInode(id, signal))
    },
    async *list(id, signal): AsyncGenerator<DirectoryEntry, void, undefined> {
      for await (const entries of listDirectory(volume, await directoryOf(id, signal), signal)) yield* entries
    },
    async lookup(id, name, signal) {
      return lookupIn(volume, await directoryOf(id, signal), name, signal)
    },
    async readLink(id, signal) {
      const inode = await readInode(id, signal)
      if (inode.kind !== 'symlink')
        throw raise('EXT4_NOT_A_SYMLINK', { inode: inode.number, kind: inode.kind })
      return targetOf(volume, plain(inode, 'target'), signal)
    },
    async xattrs(id, signal) {
      return xattrsOf(volume, await readInode(id, signal), readInode, signal)
    },
    async open(id, signal) {
      const inode = await fileOf(id, signal)
      return sourceOf(volume, inode, await contentOf(volume, inode, signal))
    },
    async *ranges(id, signal): AsyncGenerator<FileRange, void, undefined> {
      const inode = await fileOf(id, signal)
      yield* rangesOf(volume, inode, await contentOf(volume, inode, signal))
    },
    async planSize(id, sizeBytes, signal) {
      return planSize(volume, await fileOf(id, signal), sizeBytes, signal)
    },
    async *allocation(signal): AsyncGenerator<Extent, void, undefined> {
      if (clean) yield* allocationOf(volume, warnings, signal)
      else yield { offsetBytes: 0, lengthBytes: volume.source.size, kind: 'data' }
    },
  }
}

function plain(inode: Inode, what: 'names' | 'content' | 'target'): Inode {
  if (hasFlag(inode, 'encrypted')) throw raise('EXT4_ENCRYPTED', { inode: inode.number, what })
  return inode
}
