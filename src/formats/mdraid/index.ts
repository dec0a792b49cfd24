export { openMirrors } from './open-mirrors.ts'
export type { Mirror, Mirrors } from './open-mirrors.ts'
export { MD_ERRORS } from './errors.ts'
export { MD_FINDINGS } from './findings.ts'
