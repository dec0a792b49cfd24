export { podmanEngine } from './engine.ts'
export type { PodmanOptions } from './options.ts'
