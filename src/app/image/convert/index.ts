export { planBootFiles, planConversion } from './plan-conversion.ts'
export type { ConversionOptions, PlannedBootFiles, PlannedConversion } from './plan-conversion.ts'
export {
  baseBytes,
  baseNames,
  bootNames,
  checkTarget,
  convertImage,
  writeBootFiles,
  writeConversion,
} from './write-conversion.ts'
export type { BaseTarget, ConversionTarget, ResultNames, WriteControl } from './write-conversion.ts'
export type { Converted, ConvertProgress } from '../../../runtime/image/index.ts'
export { DISK_TYPES, convertContainer, makeContainerDisk, planContainerDisk } from './container-disk.ts'
export type { ContainerDiskOptions, PlannedContainerDisk } from './container-disk.ts'
export { liveNames, planLiveImage, writeLiveImage } from './live-image.ts'
export type { LiveOptions, PlannedLive } from './live-image.ts'
export { openConversion } from './open-conversion.ts'
export type { OpenedConversion } from './open-conversion.ts'
