export { PROGRAMS } from './architectures.ts'
export { buildRamdisk, planRamdisk } from './build.ts'
export type { RamdiskWish } from './build.ts'
