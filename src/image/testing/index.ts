export { describedDisk } from './described-disk.ts'
export type { Described, DescribedDisk, DescribedPartition } from './described-disk.ts'
export { treeFileSystem } from './tree-file-system.ts'
export type { Tree, TreeFacts } from './tree-file-system.ts'
