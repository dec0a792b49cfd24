export { startNetboot } from './start-netboot.ts'
