export { decompressLzo1x } from './lzo1x.ts'
