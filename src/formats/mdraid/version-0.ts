import { formatUuid } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import { levelName } from './member.ts'
import type { MdMember } from './member.ts'

/** drivers/md/md.c and include/uapi/linux/raid/md_p.h, `mdp_super_t`: 1024 words in the byte order of the machine that made it. */
const MAGIC = 0xa92b4efc
const RESERVED_BYTES = 0x10000
export const V0_BYTES = 4096
const WORDS = {
  setUuid0: 5,
  level: 7,
  sizeKib: 8,
  raidDisks: 10,
  minor: 11,
  setUuid1: 13,
  state: 33,
  checksum: 38,
  disks: 128,
  thisDisk: 992,
} as const
const DISK_WORDS = 32
const MOST_DISKS = 27
const IS_CLEAN = 1
const [FAULTY, , SYNC, REMOVED] = [1, 2, 4, 8] as const

/** Where a superblock of version 0.90 is; undefined in a device that is too small for one. */
export function offsetOfV0(size: number): number | undefined {
  return size <= RESERVED_BYTES ? undefined : size - (size % RESERVED_BYTES) - RESERVED_BYTES
}

/** Undefined where there is none. Throws MD_SUPERBLOCK_DAMAGED. */
export function readV0(source: ByteSource, bytes: Uint8Array): MdMember | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const little = view.getUint32(0, true) === MAGIC
  if (!little && view.getUint32(0, false) !== MAGIC) return undefined
  const word = (index: number): number => view.getUint32(index * 4, little)
  if (word(1) !== 0) return undefined
  const damaged = (field: string, found: string | number, expected: string | number): Error =>
    raise('MD_SUPERBLOCK_DAMAGED', { source: source.name, field, found, expected })
  let sum = 0n
  for (let index = 0; index < V0_BYTES / 4; index += 1)
    if (index !== WORDS.checksum) sum += BigInt(word(index))
  const checksum = Number(((sum & 0xffff_ffffn) + (sum >> 32n)) & 0xffff_ffffn)
  if (checksum !== word(WORDS.checksum)) throw damaged('the checksum', word(WORDS.checksum), checksum)
  const sizeBytes = word(WORDS.sizeKib) * 1024
  const most = offsetOfV0(source.size) ?? 0
  if (word(WORDS.level) === 1 && (sizeBytes === 0 || sizeBytes > most))
    throw damaged('a size of', sizeBytes, `at most ${most} bytes`)
  // As mdadm and blkid write it: four numbers, whatever the order of bytes of either machine.
  const uuid = new Uint8Array(16)
  const words = new DataView(uuid.buffer)
  for (const [index, at] of [
    WORDS.setUuid0,
    WORDS.setUuid1,
    WORDS.setUuid1 + 1,
    WORDS.setUuid1 + 2,
  ].entries())
    words.setUint32(index * 4, word(at))
  const diskAt = (index: number): Readonly<{ slot: number; state: number }> => {
    const at = index < 0 ? WORDS.thisDisk : WORDS.disks + index * DISK_WORDS
    return { slot: word(at + 3), state: word(at + 4) }
  }
  const memberCount = word(WORDS.raidDisks)
  const isThere = ({ slot, state }: Readonly<{ slot: number; state: number }>): boolean =>
    slot < memberCount && (state & SYNC) !== 0 && (state & (FAULTY | REMOVED)) === 0
  const own = diskAt(-1)
  // Little-endian machines keep the lower half of the number of events first, others last.
  const [low, high] = little ? [39, 40] : [40, 39]
  return {
    source,
    version: '0.90',
    arrayUuid: formatUuid(uuid),
    name: String(word(WORDS.minor)),
    level: levelName(word(WORDS.level) | 0),
    memberCount,
    place: isThere(own)
      ? { slot: own.slot }
      : { unusable: (own.state & FAULTY) === 0 ? 'it is a spare' : 'it is faulty' },
    offsetBytes: 0,
    sizeBytes,
    events: (BigInt(word(high)) << 32n) | BigInt(word(low)),
    present: Array.from({ length: MOST_DISKS }, (_, index) => diskAt(index))
      .filter(isThere)
      .map(({ slot }) => slot)
      .toSorted((a, b) => a - b),
    isClean: (word(WORDS.state) & IS_CLEAN) !== 0,
  }
}
