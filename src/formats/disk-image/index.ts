export { recogniseDiskImage } from './recognise-disk-image.ts'
export type { DiskImageType } from './recognise-disk-image.ts'
export { refuseOtherKinds } from './other-kinds.ts'
