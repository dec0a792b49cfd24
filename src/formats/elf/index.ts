export { moduleInfo } from './module-info.ts'
export { moduleName } from './module-name.ts'
export type { ModuleInfo } from './module-info.ts'
export { dynamicNeeds } from './needed-libraries.ts'
