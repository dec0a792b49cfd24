export { moduleInfo } from './module-info.ts'
export type { ModuleInfo } from './module-info.ts'
export { dynamicNeeds } from './needed-libraries.ts'
