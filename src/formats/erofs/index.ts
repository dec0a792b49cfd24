export { openErofs } from './erofs.ts'
export { EROFS_ERRORS } from './errors.ts'
export { EROFS_FINDINGS } from './findings.ts'
