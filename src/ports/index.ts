export type * from './engine.ts'
export type * from './host.ts'
export type * from './state.ts'
export type * from './node-world.ts'
