export { diskComposer } from './compose-disk.ts'
export type { DiskComposerOptions } from './compose-disk.ts'
export { openDeployImage } from './open-deploy-image.ts'
export { makeConfigDrive } from '../../adapters/config-drive/index.ts'
