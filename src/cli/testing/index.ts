export { runOne } from './run-one.ts'
export type { Told } from './run-one.ts'
