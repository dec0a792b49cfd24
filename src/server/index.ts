export { serveConductor } from './serve-conductor.ts'
export { readTls } from './tls.ts'
export type { TlsIdentity } from './tls.ts'
export type { ServedConductor, ServeOptions } from './serve-conductor.ts'
