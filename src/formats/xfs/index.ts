export { XFS_ERRORS } from './errors.ts'
export { XFS_FINDINGS } from './findings.ts'
export { probeXfs } from './superblock.ts'
export { openXfs } from './xfs.ts'
