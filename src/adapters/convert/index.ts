export { openOutputFolder } from './output-folder.ts'
export type { OutputFolderOptions } from './output-folder.ts'
export { conversionTools } from './conversion-tools.ts'
export { rootImageMaker } from './root-image-maker.ts'
