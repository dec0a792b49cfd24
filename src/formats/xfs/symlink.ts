import { raise } from './errors.ts'
import { readMappings } from './extent-map.ts'
import type { Inode } from './inode.ts'
import { badField, badMagic, byteOfBlock, readMeta, verifySelf } from './volume.ts'
import type { Volume } from './volume.ts'

/** XFS_SYMLINK_MAXLEN */
const LONGEST = 1024
const MAGIC = 0x58_53_4c_4d
const HEADER = 56
const SELF = { crcAt: 12, uuidAt: 16, ownerAt: 32, blockNumberAt: 40 } as const

/** The target's bytes. In the inode, or in blocks; those of V5 have a header for each run (xfs_dsymlink_hdr). */
export async function readTarget(volume: Volume, inode: Inode, signal?: AbortSignal): Promise<Uint8Array> {
  const { kind, sizeBytes: size } = inode.stat
  if (kind !== 'symlink') throw raise('XFS_NOT_A_SYMLINK', { inode: inode.number, kind })
  const { cursor, format } = inode.data
  if (size < 1 || size > LONGEST) throw badField(cursor, 0, 'the length of a link', size, `1 to ${LONGEST}`)
  if (format === 'local') return new Uint8Array(cursor.slice(0, size))

  const { geometry } = volume
  const target = new Uint8Array(size)
  let filled = 0
  for (const mapping of await readMappings(volume, inode.number, inode.data, signal)) {
    if (filled === size) break
    const blocks = Math.min(mapping.count, Math.ceil((LONGEST + HEADER) / geometry.blockSize))
    const base = byteOfBlock(geometry, mapping.block)
    // The checksum covers the whole run, so the whole run has to be sane before it is read.
    if (blocks !== mapping.count) {
      throw badField(cursor, 0, 'the blocks of a link', mapping.count, `at most ${blocks}`)
    }
    const block = await readMeta(
      volume,
      base,
      blocks * geometry.blockSize,
      'the target of a symbolic link (xfs_dsymlink_hdr)',
      signal,
    )
    const header = geometry.v5 ? HEADER : 0
    const length = Math.min(block.length - header, size - filled)
    if (geometry.v5) {
      if (block.u32be(0) !== MAGIC) throw badMagic(block, block.u32be(0), MAGIC)
      verifySelf(volume, block, SELF, inode.number)
      if (block.u32be(4) !== filled) throw badField(block, 4, 'sl_offset', block.u32be(4), filled)
      if (block.u32be(8) !== length) throw badField(block, 8, 'sl_bytes', block.u32be(8), length)
    }
    target.set(block.slice(header, length), filled)
    filled += length
  }
  if (filled !== size) throw badField(cursor, 0, 'the length of a link', size, filled)
  return target
}
