export { sectorSizeOf } from './sector-size.ts'
export { detectStack } from './detect.ts'
export type { Through } from './detect.ts'
export { warning as stackWarning } from './findings.ts'
export {
  contentTags,
  findNode,
  findVolume,
  largestUnreadable,
  mapperPath,
  deviceNumber,
  matchDevice,
  nodesOf,
  unreadableOf,
  volumesOf,
} from './find-node.ts'
export { atDefaultSubvolume, atSubvolume, namedSubvolume, wholeOf } from './subvolume.ts'
export type { Volume } from './find-node.ts'
export type { Content, Refusal, StackNode, VolumeGroup } from './node.ts'
export type { MappedGroup, MappedVolume, Readers, Recognised } from './readers.ts'
export { formatReaders } from './format-readers.ts'
