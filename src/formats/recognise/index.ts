export { recognise, refusalOf } from './recognise.ts'
export type { Family, Recognised } from './recognise.ts'
export { RECOGNISE_ERRORS } from './errors.ts'
