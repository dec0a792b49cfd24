import type { ByteSource, ReaderWarning } from '../../bytes/index.ts'
import type { AnnealError } from '../../core/index.ts'

/** One run of a logical volume: `stripes` in turn, `stripeBytes` each. All lengths are in bytes. */
export type VolumeSegment = Readonly<{
  volumeOffsetBytes: number
  lengthBytes: number
  /** One: linear. None: the segment reads as zeros. */
  stripes: readonly Readonly<{ pv: string; pvOffsetBytes: number }>[]
  /** 0 where there is at most one stripe. */
  stripeBytes: number
}>

export type LogicalVolume = Readonly<{
  name: string
  id: string
  sizeBytes: number
  /** What users see: parts of other volumes (`pool_tdata`, `root_rimage_0`) are not. */
  visible: boolean
  /** Of its segments, each named once: `linear`, `striped`, `thin`, `raid1`, … */
  types: readonly string[]
  /** Where it lies; empty where its content is refused for its type, or lies in other volumes (mirrors, thin). */
  segments: readonly VolumeSegment[]
  content: Readonly<{ source: ByteSource }> | Readonly<{ refusal: AnnealError }>
}>

/** What a range of a physical volume belongs to. Ranges follow one another, from 0 to the end of the source. */
export type PvRange = Readonly<{ offsetBytes: number; lengthBytes: number }> &
  Readonly<
    | { use: 'metadata' | 'free' }
    /** Belongs to something whose layout is not read: never to be taken for free. */
    | { use: 'unknown' }
    | { use: 'volume'; volume: string; volumeOffsetBytes: number }
    /** Every `count`th stripe of a segment that begins at `volumeOffsetBytes`, from the one numbered `index` on. */
    | {
        use: 'stripe'
        volume: string
        volumeOffsetBytes: number
        index: number
        count: number
        stripeBytes: number
      }
  >

export type PhysicalVolume = Readonly<{
  /** As LVM prints it: `oYDnXx-…`. */
  id: string
  /** What the device was called when the group was changed last: `/dev/sda2`. */
  device: string
  /** Absent where none of the given sources is this volume. */
  source?: ByteSource
  /** Empty where the volume is missing. */
  ranges: readonly PvRange[]
}>

export type VolumeGroup = Readonly<{
  name: string
  id: string
  seqno: number
  extentBytes: number
  physicalVolumes: readonly PhysicalVolume[]
  /** In the order of the metadata, parts of other volumes included. */
  logicalVolumes: readonly LogicalVolume[]
  /** About volumes that are read in spite of it. */
  warnings: readonly ReaderWarning[]
}>

/** The name below /dev/mapper: `atomicos-root`; a hyphen in a name is doubled (libdm, `dm_build_dm_name`). */
export function mapperName(group: string, volume: string): string {
  return `${group.replaceAll('-', '--')}-${volume.replaceAll('-', '--')}`
}
