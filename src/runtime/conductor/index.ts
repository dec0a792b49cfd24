export { Conductor } from './conductor.ts'
export type { AskOptions, ConductorSettings, Opinion } from './conductor.ts'
export type { NewMachine } from './machines.ts'
