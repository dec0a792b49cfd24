import type { ByteSource } from '../../bytes/index.ts'

/** What a superblock says of its device and its array. */
export type MdMember = Readonly<{
  source: ByteSource
  /** `0.90`, `1.0`, `1.1`, `1.2`: where the superblock is, and how it is laid out. */
  version: string
  arrayUuid: string
  /** `root` of `host:root`; of 0.90 the number of the array, as in /dev/md127. */
  name: string
  /** As `mdadm --detail` says it: `raid1`. */
  level: string
  /** Of the array. */
  memberCount: number
  /** Which of them it is; or why it holds nothing that could be read. */
  place: Readonly<{ slot: number }> | Readonly<{ unusable: string }>
  /** Of the array's content on this device. */
  offsetBytes: number
  sizeBytes: number
  /** Grows whenever the array changes: the largest is the newest. */
  events: bigint
  /** Slots that had a device when this superblock was written. */
  present: readonly number[]
  isClean: boolean
}>

/** Documentation/admin-guide/md.rst; mdadm's maps.c. */
const LEVELS: Readonly<Record<number, string>> = {
  [-5]: 'faulty',
  [-4]: 'multipath',
  [-1]: 'linear',
  0: 'raid0',
  1: 'raid1',
  4: 'raid4',
  5: 'raid5',
  6: 'raid6',
  10: 'raid10',
}

export function levelName(level: number): string {
  return LEVELS[level] ?? `level ${level}`
}
