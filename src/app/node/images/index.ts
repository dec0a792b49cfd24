export { buildImages, previewBuild } from './build-images.ts'
export type { BuildOptions } from './build-images.ts'
