import type { Patch } from '../../bytes/index.ts'
import type { ContentChange } from '../filesystem/index.ts'
import { checksumOf } from './checksum.ts'
import { checkFile } from './content.ts'
import { byteOfInode } from './inode.ts'
import type { Inode } from './inode.ts'
import { INODE, INODE_CRC_AT } from './layout.ts'
import { unknownRoCompat } from './features.ts'
import type { Volume } from './volume.ts'

/**
 * The bytes of an inode that change with di_size: the size itself and, in V5, the inode's CRC. di_nblocks and the
 * mapping stay as they are; so do times and di_lsn, for nothing is logged.
 */
export async function planSize(
  volume: Volume,
  inode: Inode,
  sizeBytes: number,
  signal?: AbortSignal,
): Promise<ContentChange> {
  checkFile(inode)
  const { geometry, meta } = volume
  const unknown = unknownRoCompat(geometry.words)
  if (unknown !== undefined)
    return { refusal: `the file system has a feature that is not known (${unknown}), and may keep checksums` }
  if (sizeBytes === inode.stat.sizeBytes) return { patches: [] }

  const base = byteOfInode(volume, inode.number)
  if (base === undefined) throw new RangeError(`inode ${inode.number} was read, and has no place`)
  const raw = new Uint8Array(await meta.read(base, geometry.inodeSize, signal))
  const view = new DataView(raw.buffer)
  const sizeAt = INODE.fields.size.offsetBytes
  view.setBigUint64(sizeAt, BigInt(sizeBytes))
  const patches: Patch[] = [{ offsetBytes: base + sizeAt, bytes: raw.subarray(sizeAt, sizeAt + 8) }]
  if (geometry.v5) {
    view.setUint32(INODE_CRC_AT, checksumOf(raw, INODE_CRC_AT), true)
    patches.push({ offsetBytes: base + INODE_CRC_AT, bytes: raw.subarray(INODE_CRC_AT, INODE_CRC_AT + 4) })
  }
  return { patches }
}
