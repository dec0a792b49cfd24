import type { ImageFacts } from '../../ports/index.ts'
import { attempted, raise, unlessAbsent } from '../containers/index.ts'
import type { EngineApi } from '../containers/index.ts'
import { LIBPOD } from './libpod.ts'
import { withAlgorithm } from './container-facts.ts'

/** What is read of `GET /libpod/images/NAME/json`. */
type PodmanImage = Readonly<{
  Id: string
  RepoTags?: readonly string[] | null
  RepoDigests?: readonly string[] | null
  Size?: number
  Architecture?: string
  Labels?: Readonly<Record<string, string>> | null
  User?: string
  Config?: Readonly<{ User?: string }> | null
}>

export async function inspectImage(api: EngineApi, reference: string): Promise<ImageFacts | undefined> {
  const image = await attempted(
    { engine: 'Podman', action: 'inspect image', subject: reference, code: 'ENGINE_REFUSED' },
    () =>
      unlessAbsent(() =>
        api.json<PodmanImage>({
          method: 'GET',
          path: `${LIBPOD}/images/${encodeURIComponent(reference)}/json`,
        }),
      ),
  )
  if (image === undefined) return undefined
  return {
    id: withAlgorithm(image.Id),
    repoDigests: image.RepoDigests ?? [],
    tags: image.RepoTags ?? [],
    labels: image.Labels ?? {},
    sizeBytes: image.Size ?? 0,
    architecture: image.Architecture ?? '',
    user: image.User ?? image.Config?.User ?? '',
  }
}

/** `POST /libpod/images/import`: one layer from a tar. A short tag is kept as localhost/NAME. */
export async function importImage(
  api: EngineApi,
  rootfs: NodeJS.ReadableStream,
  tag: string,
  labels: Readonly<Record<string, string>>,
): Promise<ImageFacts> {
  await attempted({ engine: 'Podman', action: 'import image', subject: tag, code: 'ENGINE_REFUSED' }, () =>
    api.status({
      method: 'POST',
      path: `${LIBPOD}/images/import`,
      query: {
        reference: tag,
        // Taken as it stands up to its end, but for quotes around it: nothing is to be escaped.
        changes: Object.entries(labels).map(([name, value]) => `LABEL ${name}=${value}`),
      },
      file: rootfs,
    }),
  )
  const image = await inspectImage(api, tag)
  if (image === undefined)
    throw raise('IMAGE_NOT_FOUND', { image: tag, state: 'Podman does not hold it after the import' })
  return image
}
