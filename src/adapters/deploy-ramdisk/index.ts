export { buildRamdisk, planRamdisk } from './build.ts'
export type { RamdiskWish } from './build.ts'
