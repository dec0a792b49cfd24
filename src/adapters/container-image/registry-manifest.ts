import { createHash } from 'node:crypto'
import { MANIFEST_TYPES, MOST_DOCUMENT_BYTES } from '../../formats/oci/index.ts'
import { raise } from './errors.ts'
import { readBody } from './registry-body.ts'
import type { HttpAnswer } from './registry-http.ts'

export type RegistryManifest = Readonly<{ bytes: Uint8Array; digest: string; mediaType?: string }>

/** What a request for a manifest takes. */
export const MANIFEST_HEADERS = { accept: MANIFEST_TYPES.join(', ') } as const

/**
 * The manifest in an answer. `expected` is the digest that it was asked for by, if it was. Throws CONTAINER_DIGEST_MISMATCH where
 * that, or what the registry says, is another; CONTAINER_REGISTRY_FAILED.
 */
export async function readManifest(
  answer: HttpAnswer,
  { url, image, expected: asked }: Readonly<{ url: URL; image: string; expected?: string | undefined }>,
): Promise<RegistryManifest> {
  const bytes = await readBody(answer, MOST_DOCUMENT_BYTES, url)
  const found = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  const expected = asked ?? answer.headers['docker-content-digest']
  if (typeof expected === 'string' && expected.startsWith('sha256:') && expected !== found)
    throw raise('CONTAINER_DIGEST_MISMATCH', { image, what: 'manifest', found, expected })
  const type = answer.headers['content-type']
  return {
    bytes,
    digest: found,
    ...(typeof type === 'string' && { mediaType: type.replace(/;.*$/, '').trim() }),
  }
}
