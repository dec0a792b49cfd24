export { openVerityTree } from './verity-tree.ts'
export type { VerityTree } from './verity-tree.ts'
export { DMVERITY_ERRORS } from './errors.ts'
