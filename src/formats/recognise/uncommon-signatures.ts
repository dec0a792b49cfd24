import type { ByteSource } from '../../bytes/index.ts'
import type { Family, Found } from './found.ts'

/**
 * What nobody boots Linux from, and what libblkid knows all the same (util-linux, libblkid/src/superblocks): asked where nothing
 * else was found, so that it has a name. Magics that are short are held to more than their bytes.
 */
type Uncommon = Readonly<{
  /** As blkid calls the type. */
  type: string
  family: Family
  /** Of hexadecimal digits. */
  magics: readonly string[]
  offsets: readonly number[]
  holds?: (head: DataView) => boolean
}>

const fileSystem = (
  type: string,
  magics: readonly string[],
  offsets: readonly number[],
  holds?: Uncommon['holds'],
): Uncommon => ({ type, family: 'file system', magics, offsets, ...(holds && { holds }) })
const container = (type: string, magic: string, offset = 0): Uncommon => ({
  type,
  family: 'container',
  magics: [magic],
  offsets: [offset],
})

const KIB = 1024
const UNCOMMON: readonly Uncommon[] = [
  fileSystem('ReFS', ['0000005265465300'], [0]),
  fileSystem('apfs', ['4e585342'], [32]),
  fileSystem('befs', ['42465331', '31534642'], [32, 544]),
  fileSystem('bfs', ['cefaad1b'], [0]),
  fileSystem('cramfs', ['28cd3d45'], [0]),
  fileSystem('hfs', ['4244'], [KIB], isHfs),
  fileSystem('hfsplus', ['4858'], [KIB]),
  fileSystem('hpfs', ['49e895f9'], [8 * KIB]),
  fileSystem('minix', ['7f13', '8f13', '137f', '138f', '6824', '7824', '2468', '2478'], [KIB + 16], isMinix),
  fileSystem('minix', ['5a4d', '4d5a'], [KIB + 24], isMinix3),
  fileSystem('mpool', ['6d706f6f6c446576'], [0]),
  fileSystem('nss', ['53504235'], [4 * KIB]),
  fileSystem('ocfs', ['4f7261636c65434653'], [8 * KIB]),
  fileSystem('ocfs2', ['4f4346535632'], [KIB, 2 * KIB, 4 * KIB, 8 * KIB]),
  fileSystem('oracleasm', ['4f52434c4449534b'], [32]),
  fileSystem('reiserfs', ['5265497345724673'], [8 * KIB + 52, 8 * KIB + 20]),
  fileSystem('reiser4', ['52654973457234'], [64 * KIB]),
  fileSystem(
    'ufs',
    ['54190100', '00011954', '19015419', '19540119'],
    [8, 64].map((at) => at * KIB + 1372),
  ),
  fileSystem('ufs', ['54190100', '00011954'], [1372]),
  fileSystem('vxfs', ['f5fc01a5', 'a501fcf5'], [KIB, 8 * KIB]),
  fileSystem('exfs', ['45584653'], [0]),
  fileSystem('zonefs', ['53464f5a'], [0]),
  fileSystem('udf', ['424f4f5432', '4e53523032', '4e53523033', '5445413031'], [32 * KIB + 1]),
  fileSystem('scoutfs_meta', ['8b423c10'], [64 * KIB + 4]),
  // Partition tables of other machines.
  container('sgi', '0be5a941'),
  { type: 'sun', family: 'container', magics: ['dabe'], offsets: [508], holds: isSunLabel },
  { type: 'atari', family: 'container', magics: [''], offsets: [0], holds: isAtariTable },
  { type: 'mac', family: 'container', magics: ['504d0000'], offsets: [512, 2048] },
  container('bsd', '57455682', 512),
  container('bsd', '57455682'),
  container('dasd', 'd3d5e7f1'),
  container('drbdmanage_control_volume', '2444524244'),
  container('drbdproxy_datalog', '44524244646c682a'),
  container('DM_snapshot_cow', '536e4170'),
  container('xfs_external_log', 'feedbabe'),
  container('hpt37x_raid_member', 'f016785a', 4640),
  container('hpt37x_raid_member', 'fd16785a', 4640),
  { type: 'cs_fvault2', family: 'encrypted', magics: ['4353'], offsets: [88], holds: isFileVault },
]

/** The size of an allocation block is a multiple of a sector. */
function isHfs(head: DataView): boolean {
  const blockBytes = head.byteLength > KIB + 24 ? head.getUint32(KIB + 20, false) : 0
  return blockBytes > 0 && blockBytes % 512 === 0
}

/** Bitmaps that are large enough, in either byte order. */
function isMinix(head: DataView): boolean {
  return [true, false].some((little) => {
    const [inodes = 0, , maps = 0, zones = 0, , log = 1] = [0, 2, 4, 6, 8, 10].map((at) =>
      head.getUint16(KIB + at, little),
    )
    return inodes > 0 && maps * 8 * KIB >= inodes && zones > 0 && log === 0
  })
}

function isMinix3(head: DataView): boolean {
  return [true, false].some((little) => {
    const blockBytes = head.byteLength > KIB + 30 ? head.getUint16(KIB + 28, little) : 0
    return blockBytes >= KIB && blockBytes % 512 === 0 && head.getUint32(KIB, little) > 0
  })
}

/** Entries of 12 bytes: a flag, three letters, first sector and sectors. */
function isAtariTable(head: DataView): boolean {
  if (head.byteLength < 512) return false
  return [0, 1, 2, 3].some((index) => {
    const at = 454 + 12 * index
    const id = String.fromCharCode(...[1, 2, 3].map((next) => head.getUint8(at + next)))
    const isUsed = head.getUint8(at) % 2 === 1 && /^(?:GEM|BGM|XGM|LNX|MIX|SWP|RAW)$/.test(id)
    return isUsed && head.getUint32(at + 4) > 0 && head.getUint32(at + 8) > 0
  })
}

/** All of its words together are 0. */
function isSunLabel(head: DataView): boolean {
  let sum = 0
  for (let at = 0; at < 512; at += 2) sum ^= head.getUint16(at)
  return sum === 0
}

/** A header of version 1 and type "physical volume". */
function isFileVault(head: DataView): boolean {
  return head.byteLength > 90 && head.getUint16(8, true) === 1 && head.getUint16(10, true) === 16
}

/** Further in than the first bytes of a source reach. */
const FAR: readonly (readonly [type: string, offset: number, magic: string])[] = [
  ['VMFS_volume_member', 1024 * KIB, '0dd001c0'],
  ['VMFS', 2048 * KIB, '5ef1ab2f'],
  ['bcachefs', 2048 * KIB + 24, 'c68573f666ce90a9d96a60cf803df7ef'],
]

const PROMISE = '50726f6d69736520546563686e6f6c6f67792c20496e632e'
/** Sectors from the end at which controllers of Promise keep what they know. */
const PROMISE_SECTORS = [63, 255, 256, 16, 399, 591, 675, 735, 911, 974, 991, 951, 3087]

/** Reads a few bytes for each. */
export async function farSignatureOf(source: ByteSource, signal?: AbortSignal): Promise<Found | undefined> {
  for (const [type, offset, magic] of FAR) {
    if (source.size < offset + magic.length / 2) continue
    const bytes = await source.read(offset, magic.length / 2, signal)
    if (isAt(bytes, 0, magic)) return { type, family: 'container', label: '', uuid: '' }
  }
  // libblkid's smallest.
  if (source.size < 256 * KIB) return undefined
  for (const sectors of PROMISE_SECTORS) {
    const offset = (Math.floor(source.size / 512) - sectors) * 512
    if (offset < 0) continue
    const bytes = await source.read(offset, PROMISE.length / 2, signal)
    if (isAt(bytes, 0, PROMISE))
      return { type: 'promise_fasttrack_raid_member', family: 'container', label: '', uuid: '' }
  }
  return undefined
}

/** `head`: the first bytes of a source, the more the better. */
export function uncommonOf(head: Uint8Array): Found | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.length)
  const found = UNCOMMON.find(
    ({ magics, offsets, holds }) =>
      magics.some((magic) => offsets.some((offset) => isAt(head, offset, magic))) && (holds?.(view) ?? true),
  )
  return found && { type: found.type, family: found.family, label: '', uuid: '' }
}

function isAt(head: Uint8Array, offset: number, magic: string): boolean {
  const length = magic.length / 2
  if (offset + length > head.length) return false
  for (let index = 0; index < length; index += 1) {
    if (head[offset + index] !== Number.parseInt(magic.slice(index * 2, index * 2 + 2), 16)) return false
  }
  return true
}
