/**
 * Which copy of a mirrored volume is read. Of `raid1` each copy has a superblock of dm-raid in a volume of its own; of `mirror`
 * the first copy is the one that the others are made the same as.
 *
 * Reference: drivers/md/dm-raid.c of Linux (`struct dm_raid_superblock`, `super_validate`); drivers/md/dm-raid1.c.
 */
import type { ByteSource, ReaderWarning } from '../../bytes/index.ts'
import { at, struct, u32le, u64le } from '../../bytes/index.ts'
import type { AnnealError } from '../../core/index.ts'
import { raise } from './errors.ts'
import { warning } from './findings.ts'

export type Copy = Readonly<{ meta?: ByteSource | AnnealError; data: ByteSource | AnnealError }>

const SUPERBLOCK = struct('dm_raid_superblock', 52, {
  magic: at(0, u32le),
  devices: at(8, u32le),
  position: at(12, u32le),
  events: at(16, u64le),
  failed: at(24, u64le),
  /** Up to where the copy was made the same as the others; all ones: whole. */
  recoveredTo: at(32, u64le),
  /** The same for the array after it was left in the middle of a write. */
  resyncedTo: at(40, u64le),
  level: at(48, u32le),
})
const MAGIC = 0x64_52_6d_44
const ALL = 0xffff_ffff_ffff_ffffn
const MOST_COPIES = 64

/** The copy to read, with what is to be said of the others. Throws LVM_COPIES_UNUSABLE, or what refuses the only copy. */
export async function chooseCopy(
  asked: Readonly<{ volume: string; copies: readonly Copy[]; signal: AbortSignal | undefined }>,
): Promise<Readonly<{ source: ByteSource; warnings: readonly ReaderWarning[] }>> {
  const { volume, copies, signal } = asked
  if (copies.every(({ meta }) => meta === undefined)) return firstOf(volume, copies)
  const states = await Promise.all(copies.map((copy, index) => stateOf(copy, index, copies.length, signal)))
  const sound = states.filter((state) => typeof state !== 'string')
  const newest = sound.reduce((most, { events }) => (events > most ? events : most), 0n)
  const heads = sound.filter(({ events }) => events === newest)
  const failed = heads.reduce((all, head) => all | head.failed, 0n)
  const usable = heads.filter(
    ({ index, recoveredTo }) => recoveredTo === ALL && ((failed >> BigInt(index)) & 1n) === 0n,
  )
  const [chosen] = usable
  if (chosen === undefined) {
    const reasons = states.map((state, index) =>
      typeof state === 'string' ? state : `copy ${index} missed changes`,
    )
    throw raise('LVM_COPIES_UNUSABLE', { volume, count: copies.length, reasons: reasons.join('; ') })
  }
  const others = copies.length - usable.length
  return {
    source: chosen.source,
    warnings: [
      ...(others === 0
        ? []
        : [warning('LVM_COPY_MISSING', `${volume} is read from copy ${chosen.index} of ${copies.length}`)]),
      ...(usable.length > 1 && chosen.resyncedTo !== ALL
        ? [warning('LVM_COPIES_APART', `${volume} is read from copy ${chosen.index}`)]
        : []),
    ],
  }
}

type State = Readonly<{
  index: number
  source: ByteSource
  events: bigint
  failed: bigint
  recoveredTo: bigint
  resyncedTo: bigint
}>

/** A text is why the copy does not count. */
async function stateOf(
  { meta, data }: Copy,
  index: number,
  count: number,
  signal?: AbortSignal,
): Promise<State | string> {
  if (!('read' in data)) return `copy ${index}: ${data.message}`
  if (meta === undefined || !('read' in meta)) return `copy ${index}: ${meta?.message ?? 'no superblock'}`
  const found = SUPERBLOCK.read(await meta.read(0, SUPERBLOCK.sizeBytes, signal))
  if (found.magic !== MAGIC) return `copy ${index} has no superblock of dm-raid`
  const isOwn = found.position === index && found.devices === count && found.level === 1
  if (!isOwn || count > MOST_COPIES) return `the superblock of copy ${index} is of another volume`
  return { index, source: data, ...found }
}

function firstOf(
  volume: string,
  [first]: readonly Copy[],
): Readonly<{ source: ByteSource; warnings: readonly ReaderWarning[] }> {
  if (first === undefined || !('read' in first.data)) throw first?.data ?? new TypeError(`${volume}: no copy`)
  return { source: first.data, warnings: [] }
}
