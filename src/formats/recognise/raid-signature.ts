import { formatUuid } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import type { Found } from './found.ts'

/**
 * Superblocks of Linux' software RAID at the end of a device: 0.90 and 1.0 (drivers/md/md.c; probed as
 * libblkid/src/superblocks/linux_raid.c does). The content begins at byte 0, so a member of a mirror looks like the file
 * system in it; but that ends before the device does, and a mirror of which one member is changed alone falls apart.
 */
const MAGIC = 0xa92b4efc
const RESERVED_BYTES = 0x10000
const V1_BYTES = 192
const V0_BYTES = 64
/** No partition begins below sector 63: the superblock of a whole disk covers that sector, one of a partition does not. */
const FIRST_PARTITION_BYTES = 63 * 512

/** Both reads run at a time. `hasTable`: the source has a partition table, whose last partition may end with the source. */
export async function raidAtEnd(
  source: ByteSource,
  hasTable: boolean,
  signal?: AbortSignal,
): Promise<Found | undefined> {
  const { size } = source
  if (size <= RESERVED_BYTES) return undefined
  const offset0 = size - (size % RESERVED_BYTES) - RESERVED_BYTES
  const offset1 = size - (size % 0x1000) - 0x2000
  const [v0, v1] = await Promise.all([
    source.read(offset0, V0_BYTES, signal),
    source.read(offset1, V1_BYTES, signal),
  ])
  return version0(v0, offset0, size, hasTable) ?? version1(v1, offset1)
}

function version0(bytes: Uint8Array, offset: number, size: number, hasTable: boolean): Found | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  // 0.90 is in the byte order of the machine that made it.
  const little = view.getUint32(0, true) === MAGIC
  if (!little && view.getUint32(0, false) !== MAGIC) return undefined
  const usedBytes = view.getUint32(32, little) * 1024
  if (size < usedBytes + RESERVED_BYTES || offset < usedBytes) return undefined
  if (hasTable && offset - usedBytes >= FIRST_PARTITION_BYTES) return undefined
  const uuid = new Uint8Array(16)
  const words = new DataView(uuid.buffer)
  for (const [index, at] of [20, 52, 56, 60].entries()) words.setUint32(index * 4, view.getUint32(at, little))
  return { type: 'linux_raid_member', family: 'container', label: '', uuid: formatUuid(uuid) }
}

function version1(bytes: Uint8Array, offset: number): Found | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view.getUint32(0, true) !== MAGIC || view.getUint32(4, true) !== 1) return undefined
  // It says where it is: a copy of a partition's superblock in a disk does not count.
  if (view.getBigUint64(144, true) !== BigInt(offset / 512)) return undefined
  const name = new TextDecoder().decode(bytes.subarray(32, 64)).split('\0')[0] ?? ''
  return {
    type: 'linux_raid_member',
    family: 'container',
    label: name.trimEnd(),
    uuid: formatUuid(bytes.subarray(16, 32)),
  }
}
