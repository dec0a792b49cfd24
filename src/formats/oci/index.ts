/**
 * The documents of container images: indexes, manifests and configurations of OCI and of Docker's schema 2. Schema 1 is
 * refused. Artifacts of one file each are written; digests are checked by whoever fetches them.
 *
 * References: OCI image specification; Docker "Image Manifest Version 2, Schema 2".
 */
export { parseImageConfig, parseImageDocument } from './documents.ts'
export type { Descriptor, ImageConfig, ImageIndex, ImageManifest, Platform } from './documents.ts'
export { MOST_DOCUMENT_BYTES, parseObject, parseObjects } from './json.ts'
export { MANIFEST_TYPES } from './media-types.ts'
export { choosePlatform, goName, parsePlatform, platformName, requirePlatform } from './platform.ts'
export type { Wanted } from './platform.ts'
export { chooseReference, chooseSaved } from './references.ts'
export type { SavedImage } from './references.ts'
export { isContainerAddress } from './transports.ts'
export {
  EMPTY_CONFIG,
  EMPTY_CONFIG_BYTES,
  INDEX_TYPE,
  MANIFEST_TYPE,
  artifactIndex,
  artifactManifest,
} from './artifact.ts'
export type { Artifact } from './artifact.ts'
export { diskFormatOf, readArtifacts } from './read-artifacts.ts'
export type { Artifacts, ListedArtifact } from './read-artifacts.ts'
