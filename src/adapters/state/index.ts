export { deploymentFiles } from './deployment-files.ts'
export { FileStateStore } from './file-state-store.ts'
export { STATE_ERRORS } from './errors.ts'
