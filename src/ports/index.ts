export type * from './engine.ts'
export type * from './host.ts'
export type * from './state.ts'
export type * from './node-world.ts'
export type * from './metal-world.ts'
export type * from './compute.ts'
export type * from './image-store.ts'
export type {
  ChunkConverter,
  ChunkResult,
  ChunkUse,
  ConversionWorld,
  Digests,
  OutputFile,
  OutputFolder,
  StreamDigest,
} from './conversion.ts'
