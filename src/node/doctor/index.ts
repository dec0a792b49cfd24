export { examine } from './doctor.ts'
export type { DoctorInput } from './doctor.ts'
export { DOCTOR_FINDINGS } from './findings.ts'
export { isKolla } from './kolla.ts'
