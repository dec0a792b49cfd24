import type { ImageFacts } from '../../ports/index.ts'
import { EngineRefusal, attempted, jsonLines, raise, unlessAbsent } from '../containers/index.ts'
import type { EngineApi, PullLine } from '../containers/index.ts'

/** What is read of `GET /images/NAME/json`. */
type DockerImage = Readonly<{
  Id: string
  RepoTags?: readonly string[] | null
  RepoDigests?: readonly string[] | null
  Size?: number
  Architecture?: string
  Config?: Readonly<{ Labels?: Readonly<Record<string, string>> | null; User?: string }> | null
}>

/**
 * The image as the daemon holds it. Its id is the config digest with the classic image store; with containerd's store
 * (the default of new installations since Docker 29) it is the digest of the manifest or index.
 */
export async function inspectImage(api: EngineApi, reference: string): Promise<ImageFacts | undefined> {
  const image = await attempted(
    { engine: 'Docker', action: 'inspect image', subject: reference, code: 'ENGINE_REFUSED' },
    () =>
      unlessAbsent(() =>
        api.json<DockerImage>({ method: 'GET', path: `/images/${encodeURI(reference)}/json` }),
      ),
  )
  if (image === undefined) return undefined
  return {
    id: image.Id,
    repoDigests: image.RepoDigests ?? [],
    tags: image.RepoTags ?? [],
    labels: image.Config?.Labels ?? {},
    sizeBytes: image.Size ?? 0,
    architecture: image.Architecture ?? '',
    user: image.Config?.User ?? '',
  }
}

/** `POST /images/create?fromSrc=-`: one layer from a tar. */
export async function importImage(
  api: EngineApi,
  rootfs: NodeJS.ReadableStream,
  tag: string,
  labels: Readonly<Record<string, string>>,
): Promise<ImageFacts> {
  await attempted(
    { engine: 'Docker', action: 'import image', subject: tag, code: 'ENGINE_REFUSED' },
    async () => {
      const colon = tag.lastIndexOf(':')
      const [repo, version] =
        colon > tag.lastIndexOf('/') ? [tag.slice(0, colon), tag.slice(colon + 1)] : [tag, 'latest']
      const lines = await api.stream({
        method: 'POST',
        path: '/images/create',
        query: { fromSrc: '-', repo, tag: version, changes: labelChanges(labels) },
        file: rootfs,
      })
      for await (const line of jsonLines<PullLine>(lines)) {
        const error = line.errorDetail?.message ?? line.error
        if (error !== undefined) throw new EngineRefusal(200, error)
      }
    },
  )
  const image = await inspectImage(api, tag)
  if (image === undefined)
    throw raise('IMAGE_NOT_FOUND', { image: tag, state: 'Docker does not hold it after the import' })
  return image
}

/** Changes in Dockerfile form, whose quoted words take escapes and would have `$NAME` replaced. */
function labelChanges(labels: Readonly<Record<string, string>>): readonly string[] {
  const quoted = (text: string) => `"${text.replace(/[\\"$]/g, '\\$&')}"`
  return Object.entries(labels).map(([name, value]) => `LABEL ${quoted(name)}=${quoted(value)}`)
}
