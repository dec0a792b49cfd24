export type * from './engine.ts'
export type * from './host.ts'
