export { examine } from './doctor.ts'
export type { DoctorInput } from './doctor.ts'
export { findDissent } from './find-dissent.ts'
export type { DissentInput } from './find-dissent.ts'
