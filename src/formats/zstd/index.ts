export { readFrame, ZSTD_MAGIC } from './frame.ts'
export type { Frame } from './frame.ts'
export { ZSTD_ERRORS } from './errors.ts'
