export { Conductor } from './conductor.ts'
export type { AskOptions, ConductorSettings, Opinion } from './conductor.ts'
export type { Heartbeat } from './agent-calls.ts'
export type { NewMachine } from './machines.ts'
