export { dockerEngine } from './engine.ts'
export type { DockerOptions } from './engine.ts'
