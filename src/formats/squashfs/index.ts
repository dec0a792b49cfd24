export { openSquashfs } from './squashfs.ts'
export { SQUASHFS_ERRORS } from './errors.ts'
