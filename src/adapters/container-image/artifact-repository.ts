import type { ArtifactRepository } from '../../ports/index.ts'
import { parseReference, repositoryName } from '../registry/index.ts'
import type { Reference } from '../registry/index.ts'
import { BlobUpload } from './blob-upload.ts'
import { connectRegistry } from './connect-registry.ts'
import type { RegistryOptions } from './connect-registry.ts'
import { raise } from './errors.ts'
import { discard } from './registry-http.ts'
import { RegistryLogin } from './registry-login.ts'
import { MANIFEST_HEADERS, readManifest } from './registry-manifest.ts'
import { RegistryRequests } from './registry-requests.ts'

export type ArtifactAddress = Readonly<{ text: string; reference: Reference }>

/**
 * `oci://REGISTRY[:PORT]/NAME[:TAG|@DIGEST]`, as Ironic writes it; where a `tag` is to be set, no digest. Throws
 * ARTIFACT_ADDRESS_INVALID, IMAGE_REFERENCE_INVALID.
 */
export function parseArtifactAddress(text: string, may: 'tag' | 'tag or digest'): ArtifactAddress {
  const invalid = (problem: string): Error => raise('ARTIFACT_ADDRESS_INVALID', { image: text, problem })
  const name = /^oci:\/\/(.+)$/.exec(text)?.[1]
  if (name === undefined) throw invalid('it is no address of a registry')
  const reference = parseReference(name)
  if (!name.startsWith(`${reference.registry}/`)) throw invalid('it does not begin with a registry')
  if (may === 'tag' && reference.digest !== undefined)
    throw invalid('a digest follows from what is pushed: name a tag')
  return { text, reference }
}

/** The repository of an address. What it opens belongs to `stack`. Throws CONTAINER_REGISTRY_FAILED. */
export async function openArtifacts(
  { text, reference }: ArtifactAddress,
  stack: AsyncDisposableStack,
  options: RegistryOptions & Readonly<{ actions: 'pull' | 'pull,push' }>,
): Promise<ArtifactRepository> {
  const { http, origin } = await connectRegistry(reference, stack, options)
  const { repository } = reference
  const name = repositoryName(reference)
  const login = new RegistryLogin(http, name, repository, options.env, options.actions)
  const requests = new RegistryRequests(http, login, text, options.actions === 'pull' ? 'read' : 'push')
  const url = (path: string): URL => new URL(`${origin}/v2/${repository}/${path}`)

  return {
    name,
    async hasBlob(digest, signal) {
      const wanted = { url: url(`blobs/${digest}`), method: 'HEAD', signal } as const
      return (await requests.done(wanted, 'blob', [200, 404])).status === 200
    },
    putBlob: (blob, onSent, signal) =>
      new BlobUpload(requests, url('blobs/uploads/'), text).send(blob, onSent, signal),
    async manifest(wanted, signal) {
      const at = url(`manifests/${wanted}`)
      const answer = await requests.answer(
        { url: at, headers: MANIFEST_HEADERS, signal },
        'manifest',
        [200, 404],
      )
      if (answer.status === 404) {
        await discard(answer)
        return undefined
      }
      return readManifest(answer, {
        url: at,
        image: text,
        expected: wanted.includes(':') ? wanted : undefined,
      })
    },
    async putManifest(tag, mediaType, bytes, signal) {
      const headers = { 'content-type': mediaType }
      const wanted = { url: url(`manifests/${tag}`), method: 'PUT', headers, body: bytes, signal } as const
      await requests.done(wanted, 'manifest', [200, 201, 202])
    },
  }
}
