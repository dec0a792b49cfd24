import type { ByteSource, Extent, ReaderWarning } from '../../bytes/index.ts'
import type { ContentChange } from './content-change.ts'

/** A tree of files within a file system that can be mounted by itself (btrfs). */
export type Subvolume = Readonly<{
  /** As `subvolid=` has it. */
  id: number
  /** From the top level; that one is `/`. */
  path: string
  root: NodeId
  /** Mounted where none is named. */
  isDefault: boolean
  isReadOnly: boolean
}>

/** What a directory entry leads to. `unknown` only where a directory does not tell (XFS without ftype, old ext2): ask `stat`. */
export type NodeKind =
  | 'file'
  | 'directory'
  | 'symlink'
  | 'fifo'
  | 'socket'
  | 'block device'
  | 'character device'
  | 'unknown'

/** Names a node within its file system: an inode number (btrfs: of a subvolume), or (FAT) where its directory entry lies. */
export type NodeId = bigint

export type DirectoryEntry = Readonly<{
  /** UTF-8; bytes that are none show as U+FFFD. `.` and `..` are never listed. */
  name: string
  /** As it is on the disk (FAT: the long name in UTF-8). */
  nameBytes: Uint8Array
  id: NodeId
  kind: NodeKind
}>

/** stat(2), as far as file systems agree. */
export type NodeStat = Readonly<{
  id: NodeId
  kind: NodeKind
  sizeBytes: number
  /** Permission bits, set-id and sticky bits: 0o7777. */
  mode: number
  uid: number
  gid: number
  links: number
  /** Nanoseconds since 1970, UTC. */
  modifiedNs: bigint
  /** Devices only. */
  device?: Readonly<{ major: number; minor: number }>
  /** The inode says that it carries extended attributes; of XFS these may be parent pointers, which are not shown. */
  hasXattrs: boolean
  /** chattr +i */
  immutable: boolean
}>

/** An extended attribute, as listxattr(2) and getxattr(2) show it to root. */
export type Xattr = Readonly<{
  /** With its name space: `user.note`, `security.capability`, `system.posix_acl_access`. Bytes that are no UTF-8 show as U+FFFD. */
  name: string
  nameBytes: Uint8Array
  /** In the form of the system call: an access control list as `struct posix_acl_xattr_header` and its entries. */
  value: Uint8Array
}>

/** Where a range of a file lies in the source of its file system. Ranges are in order; what no range covers is a hole. */
export type FileRange = Readonly<{
  fileOffsetBytes: number
  lengthBytes: number
  /** In the file system's source. Absent: no data on the disk (unwritten), or data that only `open` can give (inline). */
  sourceOffsetBytes?: number
  /** `unwritten` reads as zeros; `inline` lies in a metadata block that may carry a checksum; only `open` gives what is `compressed`. */
  kind: 'data' | 'unwritten' | 'inline' | 'compressed'
  /** More than one file may refer to these blocks (reflink): never to be edited. Absent: it cannot be. */
  maybeShared?: boolean
}>

export type FileSystemFacts = Readonly<{
  /** As blkid says: ext2, ext3, ext4, xfs, btrfs, squashfs, erofs, vfat, iso9660; `container` for the tree of a container image. */
  type: 'ext2' | 'ext3' | 'ext4' | 'xfs' | 'btrfs' | 'squashfs' | 'erofs' | 'vfat' | 'iso9660' | 'container'
  /** '' where it has none. */
  label: string
  /** As blkid says: for FAT `ABCD-1234`. */
  uuid: string
  blockSizeBytes: number
  /** A disk whose sectors are larger cannot hold it. FAT: what its boot sector says, which firmware takes at its word. */
  sectorSizeBytes: number
  /** What the file system covers, which may be less than its source. */
  sizeBytes: number
  freeBytes: number
  /** Names of the features in use, as mkfs and dumpe2fs/xfs_info call them. */
  features: readonly string[]
  /** False where the journal or log has to be replayed first, or errors are recorded. */
  clean: boolean
}>

/** What firmware may start from a disc (El Torito): neither a partition nor a file of it. */
export type BootImage = Readonly<{
  platform: 'bios' | 'uefi' | 'other'
  bootable: boolean
  /** `none` is what all discs of today have. */
  emulation: 'none' | 'floppy' | 'hard disk'
  /** In the source of the file system. */
  offsetBytes: number
  /** Of a FAT, what that covers; else what firmware loads. */
  lengthBytes: number
}>

/**
 * What every file system answers. All of it only reads; errors are those of the format. Numbers, names and links are
 * hostile: nothing here follows a link or trusts a size beyond what the file system's own geometry allows.
 */
export interface FileSystem {
  readonly facts: FileSystemFacts
  readonly warnings: readonly ReaderWarning[]
  /** Of a file system with several subvolumes: that of the top level. */
  readonly root: NodeId
  /** Left out by file systems that have none. In no order that means anything. */
  readonly subvolumes?: readonly Subvolume[]
  /**
   * Of a file system whose files lie in streams: whoever reads many files reads each stream once, from its start to its end, by
   * taking them in the order of these numbers.
   */
  readonly readOrder?: (file: NodeId) => number
  /** Of a disc alone. */
  readonly bootImages?: readonly BootImage[]
  stat(id: NodeId, signal?: AbortSignal): Promise<NodeStat>
  /** In the order of the disk. Throws the format's not-a-directory error on anything else. */
  list(directory: NodeId, signal?: AbortSignal): AsyncIterable<DirectoryEntry>
  /** By the directory's index where it has one; undefined where there is no such name. Bytes are compared as they are (FAT: without case). */
  lookup(directory: NodeId, name: string, signal?: AbortSignal): Promise<DirectoryEntry | undefined>
  /** The target's bytes in UTF-8. */
  readLink(id: NodeId, signal?: AbortSignal): Promise<string>
  /** All of them, in no order. Empty where the node has none. Throws XATTRS_TOO_LARGE, so that they are bounded. */
  xattrs(id: NodeId, signal?: AbortSignal): Promise<readonly Xattr[]>
  /** A regular file's content. Holes and unwritten ranges are `zero` extents. */
  open(id: NodeId, signal?: AbortSignal): Promise<ByteSource>
  /** Where a regular file's content lies: for edits in a stream. */
  ranges(id: NodeId, signal?: AbortSignal): AsyncIterable<FileRange>
  /**
   * What changes in the file system's own structures (the size, checksums over it) for a regular file to be that long
   * in the blocks that it has. Refused where other content, of whatever length, would not be taken for the file's:
   * a seal over it, a feature that is not known. For `planContentChange`, which sees to everything else.
   */
  planSize(id: NodeId, sizeBytes: number, signal?: AbortSignal): Promise<ContentChange>
  /**
   * Other content for a regular file where it lies, with all that changes with it: of file systems that keep checksums
   * of content. `planContentChange` asks it where it is there, and sees to links, length and cleanliness.
   */
  planContent?(
    id: NodeId,
    before: Uint8Array,
    after: Uint8Array,
    signal?: AbortSignal,
  ): Promise<ContentChange>
  /**
   * The whole source, from 0 to its end, as `data` (in use, by whatever), `zero` (in use, but nobody reads it: its bytes
   * may be anything, and zeros are right) and `unallocated` (free blocks). What lies
   * behind the file system's own end is `data`. Trusted only as far as checksums go: a file system that is not clean
   * says `data` for all of it.
   */
  allocation(signal?: AbortSignal): AsyncIterable<Extent>
}
