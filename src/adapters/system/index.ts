export { systemClock } from './clock.ts'
export { sha256 } from './digest.ts'
export { systemReach } from './reach.ts'
