export { completeLock, missingFrom, platformOf } from './complete-lock.ts'
export type { Lock, LockedPackage, Missing, Platform } from './complete-lock.ts'
