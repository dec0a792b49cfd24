import type { NodeId } from '../filesystem/index.ts'
import { raise } from './errors.ts'
import { readDescriptors } from './group-descriptors.ts'
import type { GroupDescriptor } from './group-descriptors.ts'
import { parseInode } from './inode.ts'
import type { Inode } from './inode.ts'
import type { Volume } from './volume.ts'

export type InodeReader = (id: NodeId, signal?: AbortSignal) => Promise<Inode>

/** Descriptors are kept once they were read: there is one for every 128 MiB of a usual file system. */
export function inodeReader(volume: Volume): InodeReader {
  const { superblock, metadata } = volume
  const { inodesCount, inodesPerGroup } = superblock.fields
  const perBlock = superblock.blockBytes / superblock.descriptorBytes
  const descriptors = new Map<number, GroupDescriptor>()

  const descriptorOf = async (group: number, signal?: AbortSignal): Promise<GroupDescriptor> => {
    const known = descriptors.get(group)
    if (known !== undefined) return known
    const from = group - (group % perBlock)
    for (const found of await readDescriptors(
      volume,
      from,
      Math.min(from + perBlock, superblock.groups),
      signal,
    )) {
      descriptors.set(found.group, found)
    }
    return descriptorOf(group, signal)
  }

  return async (id, signal) => {
    if (id < 1n || id > BigInt(inodesCount))
      throw raise('EXT4_NO_SUCH_INODE', { inode: id.toString(), inodes: inodesCount })
    const number = Number(id)
    const index = (number - 1) % inodesPerGroup
    const { inodeTable } = await descriptorOf((number - 1 - index) / inodesPerGroup, signal)
    const offset = inodeTable * superblock.blockBytes + index * superblock.inodeBytes
    const raw = await metadata.read(offset, superblock.inodeBytes, signal)
    return parseInode(volume, number, raw, offset)
  }
}
