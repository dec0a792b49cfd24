import { isObject } from '../../core/index.ts'
import { raise } from './errors.ts'
import { invalid, objectsOf, parseObject, textOf, textsOf } from './json.ts'
import type { Fields, Where } from './json.ts'
import { documentKind, isConfig, layerKind } from './media-types.ts'

/** What a manifest says of a blob (OCI image specification, "Content Descriptors"). */
export type Descriptor = Readonly<{
  mediaType: string
  /** `sha256:…` or `sha512:…` */
  digest: string
  sizeBytes: number
  platform?: Platform
  annotations: Readonly<Record<string, string>>
}>

export type Platform = Readonly<{ os: string; architecture: string; variant: string }>

export type ImageIndex = Readonly<{ kind: 'index'; manifests: readonly Descriptor[] }>

export type ImageManifest = Readonly<{
  kind: 'manifest'
  format: 'oci' | 'docker'
  config: Descriptor
  layers: readonly Descriptor[]
  annotations: Readonly<Record<string, string>>
}>

export type ImageConfig = Readonly<{
  platform: Platform
  /** RFC 3339; empty where it is not said. */
  created: string
  labels: Readonly<Record<string, string>>
  /** Of the uncompressed layers, from the lowest. */
  diffIds: readonly string[]
}>

/** An ostree container has some 65; Docker takes 127. */
const MOST_LAYERS = 512
const DIGEST = /^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/

/** Throws CONTAINER_DOCUMENT_INVALID, CONTAINER_SCHEMA_1, CONTAINER_MEDIA_TYPE, CONTAINER_LAYER_…. */
export function parseImageDocument(
  bytes: Uint8Array,
  image: string,
  saidType?: string,
): ImageIndex | ImageManifest {
  const where = { document: 'manifest', image }
  const fields = parseObject(bytes, where)
  const mediaType = textOf(fields, 'mediaType') || (saidType ?? '') || guessType(fields)
  switch (documentKind(mediaType)) {
    case 'schema 1':
      throw raise('CONTAINER_SCHEMA_1', { image })
    case 'index':
      return { kind: 'index', manifests: descriptorsOf(fields, 'manifests', where) }
    case 'manifest':
      return manifestOf(fields, mediaType, where)
    case 'unknown':
      throw raise('CONTAINER_MEDIA_TYPE', { image, what: 'manifest', mediaType })
  }
}

/** OCI's documents may leave their media type out. */
function guessType(fields: Fields): string {
  if (fields['schemaVersion'] === 1) return 'application/vnd.docker.distribution.manifest.v1+json'
  return `application/vnd.oci.image.${'manifests' in fields ? 'index' : 'manifest'}.v1+json`
}

function manifestOf(fields: Fields, mediaType: string, where: Where): ImageManifest {
  const { image } = where
  const config = fields['config']
  if (!isObject(config)) throw invalid(where, 'it names no configuration')
  const found = descriptorOf(config, where)
  if (!isConfig(found.mediaType)) {
    throw raise('CONTAINER_MEDIA_TYPE', { image, what: 'configuration', mediaType: found.mediaType })
  }
  const layers = descriptorsOf(fields, 'layers', where)
  if (layers.length > MOST_LAYERS) throw invalid(where, `it has more than ${MOST_LAYERS} layers`)
  for (const { mediaType: type, digest } of layers) {
    const kind = layerKind(type)
    if (kind === 'foreign') throw raise('CONTAINER_LAYER_FOREIGN', { image, digest, mediaType: type })
    if (kind === 'encrypted') throw raise('CONTAINER_LAYER_ENCRYPTED', { image, digest, mediaType: type })
    if (kind === 'unknown') {
      throw raise('CONTAINER_MEDIA_TYPE', { image, what: `layer ${digest}`, mediaType: type })
    }
  }
  return {
    kind: 'manifest',
    format: mediaType.includes('docker') ? 'docker' : 'oci',
    config: found,
    layers,
    annotations: textsOf(fields, 'annotations'),
  }
}

function descriptorsOf(fields: Fields, name: string, where: Where): readonly Descriptor[] {
  return objectsOf(fields, name, where).map((one) => descriptorOf(one, where))
}

function descriptorOf(fields: Fields, where: Where): Descriptor {
  const digest = textOf(fields, 'digest')
  const { size, platform } = fields
  if (!DIGEST.test(digest))
    throw invalid(where, `${JSON.stringify(digest)} is no digest of SHA-256 or SHA-512`)
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw invalid(where, `the size of ${digest} is no number`)
  }
  return {
    mediaType: textOf(fields, 'mediaType'),
    digest,
    sizeBytes: size,
    annotations: textsOf(fields, 'annotations'),
    ...(isObject(platform) && { platform: platformOf(platform) }),
  }
}

function platformOf(fields: Fields): Platform {
  return {
    os: textOf(fields, 'os'),
    architecture: textOf(fields, 'architecture'),
    variant: textOf(fields, 'variant'),
  }
}

/** Throws CONTAINER_DOCUMENT_INVALID. */
export function parseImageConfig(bytes: Uint8Array, image: string): ImageConfig {
  const where = { document: 'configuration', image }
  const fields = parseObject(bytes, where)
  const { rootfs, config } = fields
  const diffIds: unknown = isObject(rootfs) ? (rootfs['diff_ids'] ?? []) : undefined
  if (!Array.isArray(diffIds)) throw invalid(where, 'it has no rootfs.diff_ids')
  for (const one of diffIds) {
    if (typeof one !== 'string' || !DIGEST.test(one)) {
      throw invalid(where, `${JSON.stringify(one)} is no digest of SHA-256 or SHA-512`)
    }
  }
  return {
    platform: platformOf(fields),
    created: textOf(fields, 'created'),
    labels: isObject(config) ? textsOf(config, 'Labels') : {},
    diffIds,
  }
}
