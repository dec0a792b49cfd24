export { openVhd } from './open-vhd.ts'
export type { Vhd } from './open-vhd.ts'
export { VHD_ERRORS } from './errors.ts'
export { VHD_FINDINGS } from './findings.ts'
