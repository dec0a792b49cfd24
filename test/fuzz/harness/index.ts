export { loadTarget, targetFile, targetNames } from './load-target.ts'
export { replay, runTarget } from './run-target.ts'
export type { Progress, RunOptions, RunResult } from './run-target.ts'
export type { Failure } from './input.ts'
