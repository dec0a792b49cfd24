import { at, bytes, formatUuid, struct, toSafe, u16le, u32le, u64le, u8 } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import { levelName } from './member.ts'
import type { MdMember } from './member.ts'

/** include/uapi/linux/raid/md_p.h, `mdp_superblock_1`: little-endian; sizes and offsets in sectors. */
export const SUPERBLOCK = struct('mdp_superblock_1', 256, {
  magic: at(0, u32le),
  major: at(4, u32le),
  features: at(8, u32le),
  setUuid: at(16, bytes(16)),
  setName: at(32, bytes(32)),
  level: at(72, u32le),
  size: at(80, u64le),
  raidDisks: at(92, u32le),
  dataOffset: at(128, u64le),
  dataSize: at(136, u64le),
  superOffset: at(144, u64le),
  recoveryOffset: at(152, u64le),
  device: at(160, u32le),
  badBlocksShift: at(185, u8),
  badBlocksSize: at(186, u16le),
  badBlocksOffset: at(188, u32le),
  events: at(200, u64le),
  resyncOffset: at(208, u64le),
  checksum: at(216, u32le),
  deviceCount: at(220, u32le),
})

/** With a role of two bytes for each of 1920 devices. */
export const V1_BYTES = 4096
const MAGIC = 0xa92b4efc
const SECTOR_BYTES = 512
const MOST_DEVICES = (V1_BYTES - 256) / 2
const FEATURES = { recovery: 2, reshape: 4, badBlocks: 8 } as const
/** Bitmap, recovery, bad blocks, replacement, bitmap of the recovery, PPL (not in mirrors), and the size of logical blocks. */
const KNOWN_FEATURES = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x80 | 0x200 | 0x400 | 0x800 | 0x1000 | 0x2000
const ROLES: Readonly<Record<number, string>> = {
  0xffff: 'it is a spare',
  0xfffe: 'it is faulty',
  0xfffd: 'it is a journal',
}
const NO_BAD_BLOCK = 0xffff_ffff_ffff_ffffn

export type V1Version = '1.0' | '1.1' | '1.2'

/** Where each version has its superblock, in the order in which Linux and blkid look. */
export function offsetsOfV1(size: number): readonly (readonly [V1Version, number])[] {
  const all: readonly (readonly [V1Version, number])[] = [
    ['1.1', 0],
    ['1.2', 4096],
    ['1.0', size - (size % 4096) - 8192],
  ]
  return all.filter(([, offset]) => offset >= 0 && offset + 256 <= size)
}

/** Undefined where there is none. Throws MD_SUPERBLOCK_DAMAGED. */
export async function readV1(
  source: ByteSource,
  [version, offset]: readonly [V1Version, number],
  block: Uint8Array,
  signal?: AbortSignal,
): Promise<MdMember | undefined> {
  const head = SUPERBLOCK.read(block, offset)
  if (head.magic !== MAGIC || head.major !== 1) return undefined
  // It says where it is: a copy of a partition's superblock in a disk does not count.
  if (head.superOffset !== BigInt(offset / SECTOR_BYTES)) return undefined
  const damaged = (field: string, found: string | number | bigint, expected: string | number): Error =>
    raise('MD_SUPERBLOCK_DAMAGED', { source: source.name, field, found: String(found), expected })
  const { deviceCount, device, features } = head
  const length = 256 + deviceCount * 2
  if (deviceCount > MOST_DEVICES || length > block.length)
    throw damaged('a number of devices of', deviceCount, `at most ${MOST_DEVICES}`)
  const checksum = checksumOf(block.subarray(0, length))
  if (checksum !== head.checksum) throw damaged('the checksum', head.checksum, checksum)
  const [offsetBytes, sizeBytes, usableBytes] = [head.dataOffset, head.size, head.dataSize].map((sectors) =>
    sectors > 2n ** 43n ? Number.NaN : toSafe(sectors, 'mdp_superblock_1') * SECTOR_BYTES,
  ) as [number, number, number]
  // Other levels say other things by their size, or nothing.
  const isMirror = head.level === 1
  if (isMirror && (!(offsetBytes + sizeBytes <= source.size) || sizeBytes === 0 || sizeBytes > usableBytes))
    throw damaged('data of', `${head.size} sectors at ${head.dataOffset}`, 'what is on the device')
  const roles = new DataView(block.buffer, block.byteOffset + 256, deviceCount * 2)
  const roleOf = (index: number): number => (index < deviceCount ? roles.getUint16(index * 2, true) : 0xffff)
  const all = Array.from({ length: deviceCount }, (_, index) => roleOf(index))
  const role = roleOf(device)
  const unusable =
    ROLES[role] ??
    (role >= head.raidDisks ? `it has the place ${role} of ${head.raidDisks}` : undefined) ??
    ((features & ~KNOWN_FEATURES) === 0 ? undefined : `it has the unknown feature bits ${features}`) ??
    ((features & FEATURES.reshape) === 0 ? undefined : 'its array is changing its shape') ??
    ((features & FEATURES.recovery) === 0 || head.recoveryOffset >= head.size
      ? undefined
      : 'it was not copied to its end') ??
    (await badBlocksOf(source, offset, head, signal))
  return {
    source,
    version,
    arrayUuid: formatUuid(head.setUuid),
    name: nameOf(head.setName, head.setUuid),
    level: levelName(head.level | 0),
    memberCount: head.raidDisks,
    place: unusable === undefined ? { slot: role } : { unusable },
    offsetBytes,
    sizeBytes,
    events: head.events,
    present: [...new Set(all.filter((one) => one < head.raidDisks))].toSorted((a, b) => a - b),
    isClean: head.resyncOffset >= head.size,
  }
}

/** `calc_sb_1_csum`. */
function checksumOf(block: Uint8Array): number {
  const view = new DataView(block.buffer, block.byteOffset, block.length)
  let sum = 0n
  for (let offset = 0; offset + 4 <= block.length; offset += 4)
    if (offset !== 216) sum += BigInt(view.getUint32(offset, true))
  if (block.length % 4 === 2) sum += BigInt(view.getUint16(block.length - 2, true))
  return Number(((sum & 0xffff_ffffn) + (sum >> 32n)) & 0xffff_ffffn)
}

/** What of the device cannot be read there, as the kernel noted it: another member has it. */
async function badBlocksOf(
  source: ByteSource,
  superOffset: number,
  { features, badBlocksSize, badBlocksOffset }: ReturnType<typeof SUPERBLOCK.read>,
  signal?: AbortSignal,
): Promise<string | undefined> {
  if ((features & FEATURES.badBlocks) === 0 || badBlocksSize === 0) return undefined
  const start = superOffset + (badBlocksOffset | 0) * SECTOR_BYTES
  const length = SECTOR_BYTES * Math.min(badBlocksSize, 128)
  if (start < 0 || start + length > source.size) return 'its list of bad blocks is outside of the device'
  const list = await source.read(start, length, signal)
  const view = new DataView(list.buffer, list.byteOffset, list.length)
  let count = 0
  for (let offset = 0; offset < length && view.getBigUint64(offset, true) !== NO_BAD_BLOCK; offset += 8)
    count += 1
  return count === 0 ? undefined : `it has ${count} ranges of bad blocks`
}

/** Without the host that made it; one without a name has that of its UUID. */
function nameOf(raw: Uint8Array, uuid: Uint8Array): string {
  const text = new TextDecoder().decode(raw).split('\0')[0]?.trimEnd() ?? ''
  const name = text.replace(/^[^:]*:(?=.)/, '').replaceAll(/[^\w.+-]/g, '_')
  return name === '' ? formatUuid(uuid).slice(0, 8) : name
}
