export { openLiveFiles } from './open-live-files.ts'
export type { LiveFiles } from './open-live-files.ts'
export { editedLine, fileOf, openSetFile, readSet, requireSize } from './read-boot-set.ts'
