import type { ByteSource } from '../../bytes/index.ts'
import type { Found } from './found.ts'

/**
 * RAID of mainboards and controllers, and DRBD: they keep what they know at the end of a disk, whose content begins at byte 0, as
 * with md 1.0. Places and checks are libblkid's (libblkid/src/superblocks). libblkid looks for RAID of this kind in whole disks
 * alone; in a partition it would be left over from one.
 */
type Ending = Readonly<{
  type: string
  /** From the end, in sectors of 512 bytes that the source has whole. */
  sectors: number
  /** Of hexadecimal digits. */
  magics: readonly string[]
  /** Of the magic, behind that place. */
  offsetBytes?: number
  /** `sector` begins at that place. */
  holds?: (sector: DataView) => boolean
}>

const SECTOR_BYTES = 512
const MOST_SECTORS = 16

const ENDINGS: readonly Ending[] = [
  { type: 'adaptec_raid_member', sectors: 1, magics: ['37fc4d1e'] },
  { type: 'ddf_raid_member', sectors: 1, magics: ['de11de11'] },
  { type: 'lsi_mega_raid_member', sectors: 1, magics: ['245849444524'] },
  { type: 'isw_raid_member', sectors: 2, magics: ['496e74656c20526169642049534d2043666720536967'] },
  { type: 'nvidia_raid_member', sectors: 2, magics: ['4e56494449412020'] },
  { type: 'hpt45x_raid_member', sectors: 11, magics: ['f316785a', 'fd16785a'] },
  { type: 'jmicron_raid_member', sectors: 1, magics: ['4a4d'], holds: isJmicron },
  { type: 'silicon_medley_raid_member', sectors: 1, magics: ['0000002f'], offsetBytes: 96, holds: isSilicon },
  { type: 'via_raid_member', sectors: 1, magics: ['55aa'], holds: isVia },
  { type: 'drbd', sectors: 8, magics: ['8374026b', '8374026c', '8374026d'], offsetBytes: 60 },
]

function isJmicron(sector: DataView): boolean {
  let sum = 0
  for (let at = 0; at < 128; at += 2) sum += sector.getUint16(at, true)
  return sector.getUint8(48) <= 5 && (sum & 0xffff) <= 1
}

function isSilicon(sector: DataView): boolean {
  let sum = 0
  for (let at = 0; at < 318; at += 2) sum += sector.getUint16(at, true)
  return sector.getUint8(278) < 8 && (-sum & 0xffff) === sector.getUint16(318, true)
}

function isVia(sector: DataView): boolean {
  let sum = 0
  for (let at = 0; at < 50; at += 1) sum += sector.getUint8(at)
  return sector.getUint8(2) <= 2 && (sum & 0xff) === sector.getUint8(50)
}

/** One read of 8 KiB and a part of a sector. */
export async function endingOf(source: ByteSource, signal?: AbortSignal): Promise<Found | undefined> {
  const whole = Math.floor(source.size / SECTOR_BYTES)
  // libblkid's smallest.
  if (whole < 128) return undefined
  const start = (whole - MOST_SECTORS) * SECTOR_BYTES
  const bytes = await source.read(start, source.size - start, signal)
  const found = ENDINGS.find(({ type, sectors, magics, offsetBytes = 0, holds }) => {
    // DRBD's lies 4 KiB before the very end, wherever sectors begin.
    const end = type === 'drbd' ? source.size - start : MOST_SECTORS * SECTOR_BYTES
    const place = end - sectors * SECTOR_BYTES
    const at = place + offsetBytes
    const sector = new DataView(bytes.buffer, bytes.byteOffset + place, SECTOR_BYTES)
    return magics.some((magic) => isAt(bytes, at, magic)) && (holds?.(sector) ?? true)
  })
  return found && { type: found.type, family: 'container', label: '', uuid: '' }
}

function isAt(bytes: Uint8Array, offset: number, magic: string): boolean {
  for (let index = 0; index < magic.length / 2; index += 1) {
    if (bytes[offset + index] !== Number.parseInt(magic.slice(index * 2, index * 2 + 2), 16)) return false
  }
  return true
}
