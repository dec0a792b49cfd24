export type { Partition, PartitionTable } from './partition-table.ts'
