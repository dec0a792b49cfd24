export { findOwners } from './find-owners.ts'
export type { Owner, OwnersInput } from './find-owners.ts'
export { ownerFindings } from './findings.ts'
export type { ServiceUnit } from './service-unit.ts'
