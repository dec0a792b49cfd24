export { openVhdx } from './open-vhdx.ts'
export type { Vhdx } from './open-vhdx.ts'
export { VHDX_ERRORS } from './errors.ts'
