import { createHash } from 'node:crypto'
import {
  MOST_DOCUMENT_BYTES,
  chooseSaved,
  parseImageConfig,
  parseObjects,
  requirePlatform,
} from '../../formats/oci/index.ts'
import type { SavedImage, Wanted } from '../../formats/oci/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { parseReference, repositoryName } from '../registry/index.ts'
import { blobIn } from './blob.ts'
import { raise } from './errors.ts'
import { requireSameCount } from './found-image.ts'
import type { FoundImage } from './found-image.ts'
import type { LayoutFiles } from './oci-layout.ts'

/**
 * An image that `docker save` or `podman save` wrote: manifest.json names the configuration and the layers of each image.
 * It has no digests of manifests and packed layers. The configuration is compared with its name where that is its digest,
 * and each layer with its diff id. Throws CONTAINER_….
 */
export async function findInDockerArchive(
  files: LayoutFiles,
  image: string,
  reference: string,
  wanted: Wanted,
  signal?: AbortSignal,
): Promise<FoundImage> {
  const manifest = await document('manifest.json')
  if (manifest === undefined) {
    const old = (await files('repositories')) !== undefined
    const problem = old
      ? 'it was saved by a Docker before 1.10, without a manifest.json'
      : 'it has no manifest.json, as archives of Docker and Podman have'
    throw raise('CONTAINER_IMAGE_NOT_FOUND', { image, problem })
  }
  const saved = parseObjects(manifest, { document: 'manifest.json', image }).map(savedOf)
  const chosen = chooseSaved(saved, reference, image, wholeName)
  const bytes = await document(chosen.config)
  if (bytes === undefined) {
    throw raise('CONTAINER_IMAGE_NOT_FOUND', {
      image,
      problem: `its configuration "${chosen.config}" is not there`,
    })
  }
  const hash = createHash('sha256').update(bytes).digest('hex')
  const named = /(?:^|\/)([0-9a-f]{64})(?:\.json)?$/.exec(chosen.config)?.[1]
  if (named !== undefined && named !== hash) {
    const [found, expected] = [`sha256:${hash}`, `sha256:${named}`]
    throw raise('CONTAINER_DIGEST_MISMATCH', { image, what: 'configuration', found, expected })
  }
  const config = parseImageConfig(bytes, image)
  requirePlatform(config.platform, wanted, image)
  requireSameCount(image, config, chosen.layers.length)
  return {
    format: 'docker',
    configDigest: `sha256:${hash}`,
    config,
    annotations: {},
    layers: await Promise.all(
      chosen.layers.map(async (path, index) => {
        const file = await files(path)
        if (file === undefined) {
          throw raise('CONTAINER_IMAGE_NOT_FOUND', { image, problem: `its layer "${path}" is not there` })
        }
        return { diffId: config.diffIds[index] ?? '', sizeBytes: file.size, bytes: blobIn(file) }
      }),
    ),
  }

  async function document(path: string): Promise<Uint8Array | undefined> {
    const file = await files(path)
    if (file === undefined) return undefined
    if (file.size > MOST_DOCUMENT_BYTES) {
      throw raise('CONTAINER_DOCUMENT_TOO_LARGE', { image, what: path, limitBytes: MOST_DOCUMENT_BYTES })
    }
    return file.read(0, file.size, signal)
  }
}

function savedOf(fields: Readonly<Record<string, unknown>>): SavedImage {
  const { Config: config, RepoTags: tags, Layers: layers } = fields
  return {
    config: typeof config === 'string' ? config : '',
    tags: textsIn(tags),
    layers: textsIn(layers),
  }
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

/** The same for every way of writing one name; as it is where it is none. */
function wholeName(text: string): string {
  try {
    const parsed = parseReference(text)
    return `${repositoryName(parsed)}:${parsed.tag ?? 'latest'}`
  } catch (error) {
    if (isAnnealError(error, 'IMAGE_REFERENCE_INVALID')) return text
    throw error
  }
}
