import { Cursor } from '../../bytes/index.ts'
import type { Patch } from '../../bytes/index.ts'
import type { ContentChange } from '../filesystem/index.ts'
import { INODE, extraSizeOf, hasFlag, hasHighChecksum, inodeChecksum } from './inode.ts'
import type { Inode } from './inode.ts'
import type { Volume } from './volume.ts'

/**
 * The bytes of an inode that change with i_size: the size itself and, with metadata_csum, the inode's checksum. Blocks
 * (i_blocks, extents, bitmaps) stay as they are. Times do, too: what is edited is the image, not the file.
 */
export async function planSize(
  { superblock, metadata }: Volume,
  inode: Inode,
  sizeBytes: number,
  signal?: AbortSignal,
): Promise<ContentChange> {
  if (hasFlag(inode, 'verity')) return { refusal: 'fs-verity seals its content' }
  const unknown = superblock.features.names.find((name) => name.startsWith('FEATURE_'))
  if (unknown !== undefined)
    return { refusal: `the file system has a feature that is not known (${unknown}), and may keep checksums` }
  if (sizeBytes === inode.sizeBytes) return { patches: [] }

  const raw = new Uint8Array(await metadata.read(inode.offsetBytes, superblock.inodeBytes, signal))
  const view = new DataView(raw.buffer)
  view.setUint32(INODE.sizeLow, sizeBytes % 2 ** 32, true)
  view.setUint32(INODE.sizeHigh, Math.floor(sizeBytes / 2 ** 32), true)
  const patch = (at: number, length: number): Patch => ({
    offsetBytes: inode.offsetBytes + at,
    bytes: raw.subarray(at, at + length),
  })
  const patches = [patch(INODE.sizeLow, 4), patch(INODE.sizeHigh, 4)]
  if (inode.checksumSeed !== undefined) {
    const extraBytes = extraSizeOf(new Cursor(raw, `inode ${inode.number}`))
    const checksum = inodeChecksum(raw, extraBytes, inode.checksumSeed)
    view.setUint16(INODE.checksumLow, checksum & 0xffff, true)
    patches.push(patch(INODE.checksumLow, 2))
    if (hasHighChecksum(extraBytes)) {
      view.setUint16(INODE.checksumHigh, checksum >>> 16, true)
      patches.push(patch(INODE.checksumHigh, 2))
    }
  }
  return { patches }
}
