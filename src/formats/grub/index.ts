export { openGrubCore } from './core-image.ts'
export { readGrubImage } from './grub-image.ts'
export type { GrubImage } from './grub-image.ts'
