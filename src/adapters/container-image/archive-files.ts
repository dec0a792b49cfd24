import { posix } from 'node:path'
import type { ByteSource } from '../../bytes/index.ts'
import { tarMembers } from '../../formats/tar/index.ts'
import { decompressed, openFileSource, recogniseWrapper, streamOf, unwrap } from '../image-source/index.ts'
import type { UnwrapProgress } from '../image-source/index.ts'
import { raise } from './errors.ts'
import type { LayoutFiles } from './oci-layout.ts'

/** An image has a few for each layer; Docker's have three. */
const MOST_MEMBERS = 16_384
/** Old Dockers save a layer once, and a link for each image that has it. */
const MOST_LINKS = 4

export type ArchiveOptions = Readonly<{
  /** Where an archive is decompressed to that is compressed as a whole. */
  directory: string
  onUnwrap?: (progress: UnwrapProgress) => void
  signal?: AbortSignal
}>

/**
 * The files of a tar archive by their path, read where they lie. An archive that is compressed as a whole is decompressed
 * once, into a file without a name. What it opens belongs to `stack`. Throws IMAGE_…, TAR_DAMAGED, CONTAINER_IMAGE_NOT_FOUND.
 */
export async function filesOfArchive(
  path: string,
  image: string,
  stack: AsyncDisposableStack,
  { directory, onUnwrap, signal }: ArchiveOptions,
): Promise<LayoutFiles> {
  const file = stack.use(await openFileSource(path))
  const wrapper = await recogniseWrapper(file)
  if (wrapper === 'zip' || wrapper === undefined) {
    throw raise('CONTAINER_IMAGE_NOT_FOUND', { image, problem: `"${path}" is no tar archive` })
  }
  const archive =
    wrapper === 'tar'
      ? file
      : stack.use(
          await unwrap(
            {
              name: path,
              wrapper,
              packedBytes: file.size,
              unpacked: (onRead) => decompressed(wrapper, streamOf(file, signal, onRead)),
            },
            { directory, ...(onUnwrap && { onProgress: onUnwrap }), ...(signal && { signal }) },
          ),
        )
  const members = new Map<string, ByteSource | Readonly<{ link: string }>>()
  for await (const { name, file: content, link } of tarMembers(archive, signal)) {
    const key = posix.normalize(`/${name}`)
    if (content !== undefined) members.set(key, content)
    else if (link !== undefined) members.set(key, { link: posix.resolve(posix.dirname(key), link) })
    if (members.size > MOST_MEMBERS) {
      throw raise('CONTAINER_IMAGE_NOT_FOUND', { image, problem: `it has more than ${MOST_MEMBERS} members` })
    }
  }
  return async (wanted) => {
    let key = posix.normalize(`/${wanted}`)
    for (let links = 0; links <= MOST_LINKS; links += 1) {
      const found = members.get(key)
      if (found === undefined || !('link' in found)) return found
      key = found.link
    }
    return undefined
  }
}
