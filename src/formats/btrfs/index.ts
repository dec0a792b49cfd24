export { BTRFS_ERRORS } from './errors.ts'
export { BTRFS_FINDINGS } from './findings.ts'
export { probeBtrfs } from './superblock.ts'
export { openBtrfs } from './btrfs.ts'
