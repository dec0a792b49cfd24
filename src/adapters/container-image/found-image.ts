import {
  MOST_DOCUMENT_BYTES,
  choosePlatform,
  parseImageConfig,
  parseImageDocument,
  requirePlatform,
} from '../../formats/oci/index.ts'
import type { Descriptor, ImageConfig, Wanted } from '../../formats/oci/index.ts'
import { readChecked } from './blob.ts'
import type { BlobBytes } from './blob.ts'
import { raise } from './errors.ts'

/** What a layer has to be, and where its bytes are. */
export type FoundLayer = Readonly<{
  /** Of the blob as it is kept; undefined where nothing says it (docker-archive). */
  digest?: string
  sizeBytes?: number
  /** Of the archive that it becomes. */
  diffId: string
  bytes: BlobBytes
}>

/** An image whose documents are read and checked; of its layers nothing is read yet. */
export type FoundImage = Readonly<{
  format: 'oci' | 'docker'
  /** Undefined where there is no manifest (docker-archive). */
  manifestDigest?: string
  configDigest: string
  config: ImageConfig
  annotations: Readonly<Record<string, string>>
  /** From the lowest. */
  layers: readonly FoundLayer[]
}>

/** Gives the bytes of a blob; throws where there is none. */
export type BlobFinder = (descriptor: Descriptor, what: string, signal?: AbortSignal) => Promise<BlobBytes>

/** An index may list indexes; nobody nests deeper, and no index may list itself. */
const MOST_INDEXES = 4

/**
 * From a manifest or an index to the image, its configuration and the places of its layers. Checks the digest and
 * the size of everything that it reads. Throws CONTAINER_….
 */
export async function findImage(
  image: string,
  top: Readonly<{ bytes: Uint8Array; digest: string; mediaType?: string }>,
  blobOf: BlobFinder,
  wanted: Wanted,
  signal?: AbortSignal,
): Promise<FoundImage> {
  let { bytes, digest } = top
  let document = parseImageDocument(bytes, image, top.mediaType)
  for (let depth = 0; document.kind === 'index'; depth += 1) {
    if (depth === MOST_INDEXES) {
      throw raise('CONTAINER_IMAGE_NOT_FOUND', { image, problem: 'its indexes lead to nothing but indexes' })
    }
    const chosen = choosePlatform(document.manifests, wanted, image)
    bytes = await readChecked(
      await blobOf(chosen, 'manifest', signal),
      chosen,
      { what: `manifest ${chosen.digest}`, image },
      MOST_DOCUMENT_BYTES,
      signal,
    )
    digest = chosen.digest
    document = parseImageDocument(bytes, image, chosen.mediaType)
  }
  const { config: named, layers } = document
  const config = parseImageConfig(
    await readChecked(
      await blobOf(named, 'configuration', signal),
      named,
      { what: `configuration ${named.digest}`, image },
      MOST_DOCUMENT_BYTES,
      signal,
    ),
    image,
  )
  requirePlatform(config.platform, wanted, image)
  requireSameCount(image, config, layers.length)
  return {
    format: document.format,
    manifestDigest: digest,
    configDigest: named.digest,
    config,
    annotations: document.annotations,
    layers: await Promise.all(
      layers.map(async (layer, index) => ({
        digest: layer.digest,
        sizeBytes: layer.sizeBytes,
        diffId: config.diffIds[index] ?? '',
        bytes: await blobOf(layer, `layer ${index + 1}`, signal),
      })),
    ),
  }
}

/** Throws CONTAINER_DOCUMENT_INVALID. */
export function requireSameCount(image: string, { diffIds }: ImageConfig, layers: number): void {
  if (diffIds.length === layers) return
  throw raise('CONTAINER_IMAGE_NOT_FOUND', {
    image,
    problem: `its manifest has ${layers} layers, and its configuration ${diffIds.length}`,
  })
}
