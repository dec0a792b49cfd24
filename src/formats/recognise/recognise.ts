/**
 * What a source is, by signatures in its first 68 KiB, fetched in one read, and by superblocks of RAID at its end; what is uncommon is asked for last. Whatever
 * is found is called what blkid calls it. Where several are found, one that wraps others (encryption, RAID, LVM) counts before a partition table, that before
 * a file system, unless the file system has the very sector that the table would be in; the others are named in `also`.
 *
 * Not found: a GPT of which the backup alone is left (there the protective MBR is found). A signature is no proof: opening is what checks.
 */
import { formatSetUuid } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import type { AnnealError } from '../../core/index.ts'
import { isInUse, isProtective, readBootEntries } from '../partition-table/index.ts'
import { raise } from './errors.ts'
import { fatOf } from './fat-signature.ts'
import type { Found } from './found.ts'
import { endingOf } from './ending-signatures.ts'
import { raidAtEnd } from './raid-signature.ts'
import { farSignatureOf, uncommonOf } from './uncommon-signatures.ts'
import { SIGNATURES } from './signatures.ts'
import type { Signature } from './signatures.ts'

export type Recognised = Found &
  Readonly<{
    /** Whether there is a reader for it. */
    isRead: boolean
    /** Types of which the source has the signature as well. */
    also: readonly string[]
  }>

const HEAD_BYTES = 68 * 1024
const READ_TYPES: ReadonlySet<string> = new Set([
  'gpt',
  'dos',
  'iso9660',
  'LVM2_member',
  'linux_raid_member',
  'ext4',
  'xfs',
  'btrfs',
  'squashfs',
  'erofs',
  'vfat',
])
/** Their signature is where a boot sector's code, or its partition entries, would be. */
const FIRST_SECTOR_TYPES: ReadonlySet<string> = new Set(['xfs', 'squashfs', 'ntfs', 'exfat', 'vfat'])

/** Undefined where nothing is known. A read of 68 KiB at most, three at the end of 8 KiB at most; where that tells nothing, a few bytes further in. */
export async function recognise(source: ByteSource, signal?: AbortSignal): Promise<Recognised | undefined> {
  const head = await source.read(0, Math.min(source.size, HEAD_BYTES), signal)
  const found = [
    ...SIGNATURES.flatMap((signature) => foundBy(signature, head)),
    ...zfsOf(head),
    ...fatOf(head),
  ]
  const table = tableOf(head, source.size)
  if (table !== undefined) found.splice(found.filter(isBeforeTable).length, 0, table)
  const raid = (await raidAtEnd(source, table !== undefined, signal)) ?? (await endingOf(source, signal))
  if (raid !== undefined) found.unshift(raid)
  if (found.length === 0) {
    const uncommon = uncommonOf(head) ?? (await farSignatureOf(source, signal))
    if (uncommon !== undefined) found.push(uncommon)
  }
  const ranked = [...found.filter(isBeforeTable), ...found.filter((one) => !isBeforeTable(one))]
  const [first, ...others] = ranked
  if (first === undefined) return undefined
  const also = [...new Set(others.map(({ type }) => type))].filter((type) => type !== first.type)
  return { ...first, isRead: READ_TYPES.has(first.type), also }
}

/** Why something that was recognised is not read. */
export function refusalOf(source: ByteSource, recognised: Recognised | undefined): AnnealError {
  if (recognised === undefined) return raise('FORMAT_UNKNOWN', { source: source.name })
  const data = { source: source.name, type: recognised.type }
  return raise(recognised.family === 'encrypted' ? 'FORMAT_ENCRYPTED' : 'FORMAT_UNSUPPORTED', data)
}

function isBeforeTable({ type, family }: Found): boolean {
  if (family === 'partition table') return true
  return family === 'file system' ? FIRST_SECTOR_TYPES.has(type) : family !== 'swap'
}

function foundBy(signature: Signature, head: Uint8Array): readonly Found[] {
  const { type, family, magic, offsets, bits } = signature
  if (bits !== undefined && ((head[bits[0]] ?? 0) & bits[1]) === 0) return []
  if (!offsets.some((offset) => isAt(head, offset, magic))) return []
  return [{ type, family, label: labelOf(signature, head), uuid: uuidOf(signature, head) }]
}

function isAt(head: Uint8Array, offset: number, magic: Uint8Array): boolean {
  return offset + magic.length <= head.length && magic.every((byte, index) => head[offset + index] === byte)
}

function labelOf({ labelAt, wideLabel }: Signature, head: Uint8Array): string {
  if (labelAt === undefined) return ''
  const [offset, length] = labelAt
  const raw = head.subarray(offset, Math.min(offset + length, head.length))
  const decoded = new TextDecoder(wideLabel === true ? 'utf-16le' : 'utf-8').decode(
    wideLabel === true ? raw.subarray(0, raw.length - (raw.length % 2)) : raw,
  )
  return (decoded.split('\0')[0] ?? '').trimEnd()
}

function uuidOf({ uuidAt, uuidTextAt }: Signature, head: Uint8Array): string {
  if (uuidTextAt !== undefined) {
    const text = new TextDecoder('latin1').decode(head.subarray(uuidTextAt, uuidTextAt + 36))
    return /^[0-9a-f-]{36}$/i.test(text) ? text : ''
  }
  if (uuidAt === undefined || uuidAt + 16 > head.length) return ''
  const raw = head.subarray(uuidAt, uuidAt + 16)
  return formatSetUuid(raw)
}

/** The list of properties in the first label of a pool; its uberblocks lie behind 128 KiB. */
function zfsOf(head: Uint8Array): readonly Found[] {
  const start = 16_384
  const isList = head[start] === 1 && (head[start + 1] ?? 2) < 2
  const name = new TextDecoder('latin1').decode(head.subarray(start + 24, start + 31))
  if (!isList || name !== 'version') return []
  return [{ type: 'zfs_member', family: 'container', label: '', uuid: '' }]
}

/** A GPT's header, or the entries of an MBR that can be partitions of this source. */
function tableOf(head: Uint8Array, size: number): Found | undefined {
  const gpt = new TextEncoder().encode('EFI PART')
  const none = { family: 'partition table', label: '', uuid: '' } as const
  if (isAt(head, 512, gpt) || isAt(head, 4096, gpt)) return { ...none, type: 'gpt' }
  const entries = readBootEntries(head)?.entries ?? []
  const used = entries.filter(isInUse)
  const isSound = entries.every(({ status }) => status === 0 || status === 0x80)
  if (!isSound) return undefined
  if (isProtective(entries)) return { ...none, type: 'gpt' }
  const fits = used.some(({ firstSector }) => firstSector > 0 && firstSector * 512 < size)
  return fits ? { ...none, type: 'dos' } : undefined
}
