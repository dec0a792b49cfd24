export { openIso9660 } from './open-iso9660.ts'
export { ISO9660_ERRORS } from './errors.ts'
export { ISO9660_FINDINGS } from './findings.ts'
