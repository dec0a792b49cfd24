export { openBmc } from './open-bmc.ts'
