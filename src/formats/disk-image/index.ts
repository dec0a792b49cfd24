export { recogniseDiskImage } from './recognise-disk-image.ts'
export type { DiskImageType } from './recognise-disk-image.ts'
export { DISK_IMAGE_ERRORS } from './errors.ts'
