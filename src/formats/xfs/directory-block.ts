import { Cursor } from '../../bytes/index.ts'
import { findMapping } from './extent-map.ts'
import type { Mapping } from './extent-map.ts'
import type { Inode } from './inode.ts'
import { badField, byteOfBlock } from './volume.ts'
import type { Volume } from './volume.ts'

/** A directory's blocks and where they lie. `mappings` is empty where all of it is in the inode. */
export type Directory = Readonly<{ inode: Inode; mappings: readonly Mapping[] }>

/** The block of a directory that begins at this block of its address space; undefined in a hole. */
export async function readDirectoryBlock(
  volume: Volume,
  { inode, mappings }: Directory,
  firstBlock: number,
  structure: string,
  signal?: AbortSignal,
): Promise<Cursor | undefined> {
  const { blockSize, directoryBlockSize } = volume.geometry
  const count = directoryBlockSize / blockSize
  const parts: { base: number; length: number }[] = []
  for (let at = firstBlock; at < firstBlock + count;) {
    const mapping = findMapping(mappings, at)
    if (mapping === undefined || mapping.unwritten) {
      if (at === firstBlock) return undefined
      throw badField(inode.data.cursor, 0, 'block of the directory', at, 'a block that is there')
    }
    const skip = at - mapping.fileBlock
    const take = Math.min(mapping.count - skip, firstBlock + count - at)
    parts.push({ base: byteOfBlock(volume.geometry, mapping.block + skip), length: take * blockSize })
    at += take
  }
  const [first] = parts
  if (first === undefined) return undefined
  if (parts.length === 1) {
    return new Cursor(await volume.meta.read(first.base, first.length, signal), structure, first.base)
  }
  const bytes = new Uint8Array(directoryBlockSize)
  let filled = 0
  for (const { base, length } of parts) {
    bytes.set(await volume.meta.read(base, length, signal), filled)
    filled += length
  }
  return new Cursor(bytes, structure, first.base)
}
