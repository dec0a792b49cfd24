export { serveConductor } from './serve-conductor.ts'
export type { ServedConductor, ServeOptions } from './serve-conductor.ts'
