export { recognise, refusalOf } from './recognise.ts'
export type { Family } from './found.ts'
export type { Recognised } from './recognise.ts'
