export { openConductorStore } from './conductor-database.ts'
export { openInstanceFiles } from './instance-files.ts'
export { deploymentFiles } from './deployment-files.ts'
export { FileStateStore } from './file-state-store.ts'
