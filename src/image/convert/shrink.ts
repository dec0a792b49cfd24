import type { Base } from './base.ts'
import { raise } from './errors.ts'

const MIB = 1024 * 1024
/** Room for logs, keys and caches of a first boot that is not grown: a tenth, and no less than this. */
const LEAST_ROOM_BYTES = 64 * MIB

const WHY: Readonly<Record<string, string>> = {
  xfs: 'XFS cannot shrink',
  btrfs: 'Anneal does not shrink btrfs: no program does without mounting it',
  lvm2: 'it is the physical volume of a volume group, whose volumes would have to move',
  disk: 'the whole disk is taken',
}

/** Throws SHRINK_UNSUPPORTED, with the reason, for what is no ext2, ext3 or ext4 by itself, and for one that is not clean. */
export function requireShrinkable(
  image: string,
  { node, holds }: Base,
): Readonly<{ blockSizeBytes: number }> {
  const { content, address } = node
  const refuse = (why: string): Error =>
    raise('SHRINK_UNSUPPORTED', { image, part: address === '' ? 'its disk' : address, why })
  if (holds === 'lvm2') throw refuse(WHY['lvm2'] ?? '')
  if (content.kind !== 'file system') throw refuse(WHY['disk'] ?? '')
  const { type, clean, blockSizeBytes } = content.fileSystem.facts
  if (!type.startsWith('ext')) throw refuse(WHY[type] ?? `${type} has one size`)
  if (!clean) throw refuse('it was not unmounted cleanly, and its journal has to be replayed first')
  return { blockSizeBytes }
}

/** How large a file system becomes whose content needs `neededBytes`: with room, in whole mebibytes, never larger than it is. */
export function shrunkSize(neededBytes: number, sizeBytes: number): number {
  const room = Math.max(LEAST_ROOM_BYTES, neededBytes / 10)
  return Math.min(Math.ceil((neededBytes + room) / MIB) * MIB, sizeBytes)
}
