export { classifyMbr, openMbr, probeMbr } from './open-mbr.ts'
export type { MbrOptions } from './open-mbr.ts'
export { MBR_ERRORS } from './errors.ts'
export { MBR_FINDINGS } from './findings.ts'
