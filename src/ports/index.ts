export type * from './engine.ts'
export type * from './containers.ts'
export type * from './images.ts'
export type * from './image-builder.ts'
export type * from './image-runner.ts'
export type * from './host.ts'
export type * from './state.ts'
export type * from './node-world.ts'
export type * from './metal-world.ts'
export type * from './provisioner.ts'
export type * from './compute.ts'
export type * from './image-store.ts'
export type * from './artifact-repository.ts'
export type {
  ChunkCluster,
  ChunkConverter,
  ChunkResult,
  ChunkUse,
  ConversionWorld,
  Digests,
  OutputFile,
  OutputFolder,
  ScratchFile,
  StreamDigest,
  EspFile,
  EspJob,
  EspMaker,
  FileSystemJob,
  FileSystemMaker,
  HashTreeWriter,
  RootImageJob,
  FileSystemShrinker,
  RootImageMaker,
} from './conversion.ts'
export type * from './bmc.ts'
export type * from './netboot.ts'
export type * from './deploy-agent.ts'
export type * from './deploy-image.ts'
export type * from './conductor-store.ts'
export type * from './conductor-world.ts'
export type * from './cluster.ts'
