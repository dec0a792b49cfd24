export { makeConfigDrive } from './make-config-drive.ts'
