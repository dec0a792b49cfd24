export { openVdi } from './open-vdi.ts'
export type { Vdi } from './open-vdi.ts'
export { VDI_ERRORS } from './errors.ts'
export { VDI_FINDINGS } from './findings.ts'
