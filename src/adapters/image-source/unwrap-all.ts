import type { ByteSource } from '../../bytes/index.ts'
import { tarMembers } from '../../formats/tar/index.ts'
import { imageMember } from './archive-member.ts'
import { decompressed } from './decompressed.ts'
import { raise } from './errors.ts'
import type { OpenSource } from './file-source.ts'
import { streamOf } from './stream-of.ts'
import { unwrap } from './unwrap.ts'
import type { UnwrapOptions } from './unwrap.ts'
import { recogniseWrapper } from './wrapper.ts'
import type { Archive, Compression } from './wrapper.ts'
import { imageInZip } from './zip.ts'

/** A raw disk in a tar in a gzip is what clouds ask for; nobody packs more often, and some files unpack to themselves. */
const MOST_LAYERS = 4

/**
 * Takes one wrapper after the other off an image: what is compressed is unpacked into a file without a name, a member of a
 * tar is read where it lies. `options` is asked once something has to be unpacked; `opened` gets what has to be closed.
 * Throws IMAGE_…, TAR_DAMAGED and ZSTD_FRAME_INVALID.
 */
export async function unwrapAll(
  plain: ByteSource,
  options: (wrapper: string) => UnwrapOptions,
  opened: (source: OpenSource) => OpenSource,
): Promise<Readonly<{ source: ByteSource; wrappers: readonly (Compression | Archive)[] }>> {
  let source = plain
  const wrappers: (Compression | Archive)[] = []
  for (;;) {
    const wrapper = await recogniseWrapper(source)
    if (wrapper === undefined) return { source, wrappers }
    wrappers.push(wrapper)
    if (wrappers.length > MOST_LAYERS) {
      throw raise('IMAGE_WRAPPED_TOO_DEEP', { path: plain.name, depth: MOST_LAYERS })
    }
    source = named(await inside(source, wrapper), plain.name)
  }

  async function inside(packed: ByteSource, wrapper: Compression | Archive): Promise<ByteSource> {
    const { name } = plain
    if (wrapper === 'tar') return (await imageMember({ name, wrapper }, filesOf(packed))).file
    if (wrapper === 'zip') {
      const found = await imageInZip(packed)
      return 'stored' in found ? found.stored : opened(await unwrap(found, options(wrapper)))
    }
    const asked = options(wrapper)
    return opened(
      await unwrap(
        {
          name,
          wrapper,
          packedBytes: packed.size,
          unpacked: (onRead) => decompressed(wrapper, streamOf(packed, asked.signal, onRead)),
        },
        asked,
      ),
    )
  }
}

async function* filesOf(tar: ByteSource): AsyncGenerator<Readonly<{ name: string; file: ByteSource }>> {
  for await (const { name, file } of tarMembers(tar)) if (file !== undefined) yield { name, file }
}

/** Messages name the file that was given, whatever its members are called. */
function named(source: ByteSource, name: string): ByteSource {
  return source.name === name ? source : { ...source, name }
}
