import { raise } from './errors.ts'
import { unpackCommand } from './unpack-command.ts'
import type { Archive } from './wrapper.ts'

/** An archive of an image has it alone, or with a few words beside it. */
const MOST_LISTED = 1000
const SHOWN = 5
/** What makers call images. In an archive of several members there is nothing else to go by. */
const IMAGE_NAME = /\.(img|raw|qcow2?|wic|bin|dd|disk|vmdk|vhdx?|vdi|hdd|iso|ova)(\.(gz|xz|zst|bz2|lz4))?$/i

/**
 * The member that is the image: the only file, or the only one that is called as images are. Throws
 * IMAGE_ARCHIVE_WITHOUT_IMAGE and IMAGE_ARCHIVE_AMBIGUOUS, with what a person does then.
 */
export async function imageMember<T extends Readonly<{ name: string }>>(
  archive: Readonly<{ name: string; wrapper: Archive }>,
  files: AsyncIterable<T>,
): Promise<T> {
  const seen: T[] = []
  for await (const file of files) {
    seen.push(file)
    if (seen.length > MOST_LISTED) break
  }
  const [only] = seen
  if (seen.length === 1 && only !== undefined) return only
  const called = seen.filter(({ name }) => IMAGE_NAME.test(name))
  const [image] = called
  if (called.length === 1 && image !== undefined) return image
  const { name: path, wrapper } = archive
  const listed = called.length > 0 ? called : seen
  const shown = listed.slice(0, SHOWN).map(({ name }) => name)
  const members = [...shown, ...(listed.length > SHOWN ? ['…'] : [])].join(', ') || 'it is empty'
  if (image === undefined) {
    const command = unpackCommand({ name: path, wrapper })
    throw raise('IMAGE_ARCHIVE_WITHOUT_IMAGE', { path, wrapper, members, command })
  }
  const command = unpackCommand({ name: path, wrapper, member: image.name })
  throw raise('IMAGE_ARCHIVE_AMBIGUOUS', { path, wrapper, members, command })
}
