import { forwardOf, windowOf } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import { tarEntries } from './entries.ts'
import { sparseFile } from './sparse.ts'

export type TarMember = Readonly<{
  name: string
  /** Undefined where it is no regular file. */
  file: ByteSource | undefined
  /** Of a symbolic or hard link: where it leads to. */
  link?: string
}>

const FILE_TYPES = new Set(['\0', '0', '7', 'S'])

/**
 * The members of an archive as sources over it: nothing is unpacked. Directories, links and devices are told by name, and
 * have no bytes. In the order of the archive. Throws TAR_DAMAGED.
 */
export async function* tarMembers(
  source: ByteSource,
  signal?: AbortSignal,
): AsyncGenerator<TarMember, void, undefined> {
  const text = new TextDecoder()
  for await (const entry of tarEntries(forwardOf(source, signal))) {
    const name = text.decode(entry.path)
    const { offsetBytes, dataOffsetBytes, storedBytes, sparse } = entry
    if (dataOffsetBytes + storedBytes > source.size) {
      const problem = `"${name}" goes on behind the end of the archive`
      throw raise('TAR_DAMAGED', { source: source.name, offsetBytes, problem })
    }
    const open = (): ByteSource =>
      sparse === undefined
        ? windowOf(source, dataOffsetBytes, storedBytes, name)
        : sparseFile(source, sparse, entry, name)
    yield {
      name,
      file: FILE_TYPES.has(entry.type) ? open() : undefined,
      ...(entry.link.length > 0 && { link: text.decode(entry.link) }),
    }
  }
}
