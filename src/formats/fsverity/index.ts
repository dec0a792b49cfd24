export { FS_VERITY_HASHES, measureFsVerity } from './measure.ts'
export type { FsVerityHash } from './measure.ts'
