export { EXT4_ERRORS } from './errors.ts'
export { EXT4_FINDINGS } from './findings.ts'
export { openExt4, probeExt4 } from './open.ts'
