export { SYSTEM_PATH, searchPath } from './search-path.ts'
