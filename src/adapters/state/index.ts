export { openConductorStore } from './conductor-database.ts'
export { deploymentFiles } from './deployment-files.ts'
export { FileStateStore } from './file-state-store.ts'
