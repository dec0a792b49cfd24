export { openPe, probePe } from './open-pe.ts'
export type { PeImage, PeSection } from './open-pe.ts'
export { PE_ERRORS } from './errors.ts'
