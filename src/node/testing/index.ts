export { kollaUnit } from './units.ts'
