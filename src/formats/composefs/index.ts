export { openComposefs } from './composefs.ts'
export type { ComposefsOptions } from './composefs.ts'
export type { ObjectDirectory } from './object-store.ts'
