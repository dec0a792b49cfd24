export { PROGRAM_MISSING, endingWithUs } from './end-with-us.ts'
export { SYSTEM_PATH, searchPath } from './search-path.ts'
export { processNames, watchWork } from './watch-work.ts'
