export { systemClock } from './clock.ts'
export { hexDigest, sha256 } from './digest.ts'
export { systemReach } from './reach.ts'
