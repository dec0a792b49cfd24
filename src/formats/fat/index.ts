export { openFat } from './open-fat.ts'
export { probeFat } from './geometry.ts'
export { FAT_ERRORS } from './errors.ts'
export { FAT_FINDINGS } from './findings.ts'
