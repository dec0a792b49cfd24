export { COMPOSE_ERRORS } from './errors.ts'
export type { Environment } from './files.ts'
export { loadDraft, loadRelease } from './load.ts'
export type { LoadOptions, LoadedDraft } from './load.ts'
