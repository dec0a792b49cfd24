import type { ByteSource, ReaderWarning } from '../../bytes/index.ts'
import type { FileSystem } from '../../formats/filesystem/index.ts'
import type { PvRange, VolumeSegment } from '../../formats/lvm2/index.ts'
import type { Partition, PartitionTable } from '../../formats/partition-table/index.ts'

/** Why something that was recognised cannot be read: the error that its reader would throw, as data. */
export type Refusal = Readonly<{ code: string; message: string; remedy: string }>

export type VolumeGroup = Readonly<{
  name: string
  /** As LVM writes it, with dashes. */
  uuid: string
  extentSizeBytes: number
  /** Of all extents, and of those that no logical volume has. */
  sizeBytes: number
  freeBytes: number
  /** Addresses of the nodes that its physical volumes are; one that is in no node of the image is missing here. */
  physicalVolumes: readonly string[]
}>

/** What the bytes of a node are. */
export type Content =
  | Readonly<{ kind: 'partition table'; table: PartitionTable }>
  | Readonly<{ kind: 'file system'; fileSystem: FileSystem }>
  /** `ranges`: what each part of it belongs to. */
  | Readonly<{ kind: 'physical volume'; volumeGroup: string; uuid: string; ranges: readonly PvRange[] }>
  | Readonly<{ kind: 'logical volumes'; group: VolumeGroup }>
  /** Of a mirror (md RAID 1), whose address `mirror` is: what is in it is in that node. */
  | Readonly<{ kind: 'mirror member'; mirror: string; uuid: string }>
  | Readonly<{ kind: 'swap'; label: string; uuid: string }>
  /** Recognised, and not readable: ZFS, LUKS, a volume of RAID 5; a file system that is damaged. `type` as blkid says. */
  | Readonly<{ kind: 'unreadable'; type: string; label: string; uuid: string; refusal: Refusal }>
  /** No signature of anything known: BIOS boot partitions, reserved or empty space. */
  | Readonly<{ kind: 'unknown' }>

export type StackNode = Readonly<{
  /**
   * What people type to name it: '' for the disk, `p2`, `atomicos` for a volume group, `atomicos/root` for a logical
   * volume; a partition within one has its parent's address before it: `vg/lv/p1`. `md/root` for a mirror of md; `et2` for the
   * second boot image of a disc (El Torito).
   */
  address: string
  role: 'disk' | 'container' | 'partition' | 'mirror' | 'volume group' | 'logical volume' | 'boot image'
  /** The disk's name as its source has it; `partition 2`; the name of the group or volume; `boot image 2 (UEFI)`. */
  name: string
  sizeBytes: number
  /** A volume group and a container have no bytes of their own; a volume that cannot be mapped has none that can be read. */
  source?: ByteSource
  /** Container images only: what their configuration says. `architecture` as Go calls it. */
  container?: Readonly<{ labels: Readonly<Record<string, string>>; architecture: string }>
  /** Partitions only. */
  partition?: Partition
  /** Mirrors only: the address of the member that is read, and where in it the content begins. */
  readFrom?: Readonly<{ address: string; offsetBytes: number }>
  /** Logical volumes only: where they lie in the physical volumes. */
  segments?: readonly VolumeSegment[]
  content: Content
  children: readonly StackNode[]
  warnings: readonly ReaderWarning[]
}>
