import { contentOf, sourceOf } from './content.ts'
import { decode } from './directory-block.ts'
import { raise } from './errors.ts'
import { BLOCK_AREA_BYTES, hasFlag } from './inode.ts'
import type { Inode } from './inode.ts'
import type { Volume } from './volume.ts'

/** As Linux: PATH_MAX, which counts a final NUL. */
const LONGEST_TARGET = 4095

export async function targetOf(volume: Volume, inode: Inode, signal?: AbortSignal): Promise<string> {
  if (inode.sizeBytes === 0 || inode.sizeBytes > LONGEST_TARGET) {
    throw raise('EXT4_INODE_DAMAGED', {
      inode: inode.number,
      offsetBytes: inode.offsetBytes,
      field: 'i_size of a symbolic link',
      found: inode.sizeBytes,
      expected: `1 to ${LONGEST_TARGET}`,
    })
  }
  if (isFast(inode)) return decode(inode.blockArea.subarray(0, inode.sizeBytes))
  const source = sourceOf(volume, inode, await contentOf(volume, inode, signal))
  return decode(await source.read(0, inode.sizeBytes, signal))
}

/** The target is in the inode in place of a block map: ext2fs_is_fast_symlink of e2fsprogs. */
function isFast(inode: Inode): boolean {
  return inode.sizeBytes < BLOCK_AREA_BYTES && !hasFlag(inode, 'extents') && !hasFlag(inode, 'inlineData')
}
