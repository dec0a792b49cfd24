import type { ByteSource, ReaderWarning } from '../../bytes/index.ts'
import type { FileSystem } from '../../formats/filesystem/index.ts'
import type { ObjectDirectory } from '../../formats/composefs/index.ts'
import type { VerityTree } from '../../formats/dmverity/index.ts'
import type { FsVerityHash } from '../../formats/fsverity/index.ts'
import type { PvRange, VolumeSegment } from '../../formats/lvm2/index.ts'
import type { Mirror } from '../../formats/mdraid/index.ts'
import type { PartitionTable } from '../../formats/partition-table/index.ts'
import type { Refusal, VolumeGroup } from './node.ts'

/** What a signature says that a source is. */
export type Recognised =
  | Readonly<{ kind: 'partition table' }>
  /** `type` as blkid says, `ext4` for ext2 and ext3, too. */
  | Readonly<{ kind: 'file system'; type: string }>
  | Readonly<{ kind: 'physical volume' }>
  /** Of a software RAID (md), whatever its level is. */
  | Readonly<{ kind: 'raid member'; type: string; label: string; uuid: string }>
  | Readonly<{ kind: 'swap'; label: string; uuid: string }>
  /** Known by name, and by nothing that reads it. */
  | Readonly<{ kind: 'unreadable'; type: string; label: string; uuid: string; refusal: Refusal }>

export type MappedVolume = Readonly<{ name: string; uuid: string; sizeBytes: number }> &
  Readonly<{ source: ByteSource; segments: readonly VolumeSegment[] } | { type: string; refusal: Refusal }>

export type OpenedMirrors = Readonly<{
  mirrors: readonly Mirror[]
  /** Why a member is not read, by its index in the sources given. */
  refused: ReadonlyMap<number, Refusal>
}>

export type MappedGroup = Readonly<{
  group: Omit<VolumeGroup, 'physicalVolumes'>
  /** Indices into the sources given, each with the UUID of the physical volume that it is. */
  members: readonly Readonly<{ index: number; uuid: string; ranges: readonly PvRange[] }>[]
  /** In the order of the metadata; hidden volumes (pools, images) are left out. */
  volumes: readonly MappedVolume[]
  warnings: readonly ReaderWarning[]
}>

/**
 * What finds out what a source is, and opens it. The readers of src/formats behind one door, so that the stack can be
 * detected over disks that a test describes.
 */
export type Readers = Readonly<{
  /** Of the core that a GRUB in the boot sector loads: what grub-mkimage put into it. */
  openGrubCore: (disk: ByteSource, signal?: AbortSignal) => Promise<Uint8Array | undefined>
  /** By signatures only; undefined where there is none. */
  recognise(source: ByteSource, signal?: AbortSignal): Promise<Recognised | undefined>
  openPartitionTable(source: ByteSource, signal?: AbortSignal): Promise<PartitionTable>
  openFileSystem(source: ByteSource, type: string, signal?: AbortSignal): Promise<FileSystem>
  /** The tree that a composefs image and its objects make. */
  openComposefs(image: ByteSource, objects: ObjectDirectory, signal?: AbortSignal): Promise<FileSystem>
  /** The fs-verity digest of a file, in hexadecimal digits. */
  measureFsVerity(source: ByteSource, hash: FsVerityHash, signal?: AbortSignal): Promise<string>
  /** A hash tree of dm-verity whose superblock is at `offsetBytes`. */
  openVerityTree(source: ByteSource, offsetBytes: number, signal?: AbortSignal): Promise<VerityTree>
  /** The mirrors that these members of software RAIDs make up. */
  openMirrors(sources: readonly ByteSource[], signal?: AbortSignal): Promise<OpenedMirrors>
  /** All volume groups that these physical volumes belong to. One that cannot be read is an AnnealError thrown. */
  openVolumeGroups(sources: readonly ByteSource[], signal?: AbortSignal): Promise<readonly MappedGroup[]>
}>
