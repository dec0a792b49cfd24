export { PARTITION_FLAGS } from './partition-table.ts'
export type { Partition, PartitionFlag, PartitionTable } from './partition-table.ts'
export {
  BOOT_ENTRY,
  BOOT_SECTOR,
  PROTECTIVE_TYPE,
  besideProtective,
  isInUse,
  isProtective,
  readBootEntries,
} from './boot-sector.ts'
export type { BootEntry } from './boot-sector.ts'
export { overlapsOf } from './overlaps.ts'
