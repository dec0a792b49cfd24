export { ALGORITHMS } from './algorithms.ts'
export { expandAll, expandByStream, expandOne } from './expand.ts'
export type { Codec } from './expand.ts'
export { directExpander } from './direct-expander.ts'
