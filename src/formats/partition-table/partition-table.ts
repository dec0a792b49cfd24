import type { ByteSource, ReaderWarning } from '../../bytes/index.ts'

/** GPT's attribute bits that have a name: UEFI 2.10, table 5.8; from bit 59 on the Discoverable Partitions Specification. */
export const PARTITION_FLAGS = {
  required: 0,
  'no-block-io': 1,
  'legacy-boot': 2,
  'grow-file-system': 59,
  'read-only': 60,
  'no-auto': 63,
} as const

export type PartitionFlag = keyof typeof PARTITION_FLAGS

/** One partition. Both schemes count from 1, as Linux does: logical partitions of an MBR begin at 5. */
export type Partition = Readonly<{
  number: number
  offsetBytes: number
  lengthBytes: number
  /** GPT: the type GUID in lower case; MBR: the type byte as `0x8e`. */
  type: string
  /** What the type is known as: `Linux LVM`, `EFI System`; '' where it is not known. */
  typeName: string
  /** GPT: its own name and GUID. MBR: '' and `<disk signature>-<number>`, as Linux makes PARTUUIDs. */
  label: string
  partUuid: string
  /** Legacy boot flag of MBR, or attribute bit 2 of GPT. */
  bootable: boolean
  /** GPT's attribute bits by name (see `PARTITION_FLAGS`); MBR has none of them. */
  flags: readonly PartitionFlag[]
  /** GPT’s attribute bits 48 to 63, which mean what the type of the partition says; left out where none is set. */
  typeAttributes?: number
  source: ByteSource
}>

export type PartitionTable = Readonly<{
  scheme: 'mbr' | 'gpt'
  /** GPT: the disk GUID; MBR: the disk signature as eight hex digits. */
  id: string
  sectorSizeBytes: number
  /** By number. */
  partitions: readonly Partition[]
  warnings: readonly ReaderWarning[]
}>
