import { Cursor } from '../../bytes/index.ts'
import { isUnmountRecord, RECORD_MAGIC } from './log-record.ts'
import { blocksOfGroup, byteOfBlock, splitBlock } from './volume.ts'
import type { Volume } from './volume.ts'

/**
 * Whether the log has to be replayed first. Scope: finding that out; replaying is not done here. The log is a ring of
 * sectors of 512 bytes, each of which begins with the number of the lap in which it was written (its cycle). Where the
 * cycle falls is the head; the log is clean when the record before the head is the one of an unmount, or when nothing
 * was ever written (xlog_find_head, xlog_find_tail, xlog_check_unmount_rec in fs/xfs/xfs_log_recover.c).
 */
export type LogState = 'clean' | 'dirty' | 'unreadable'

const SECTOR = 512
/** XLOG_MAX_RECORD_BSIZE and its headers: how far before the head the last record can begin. */
const LONGEST_RECORD_SECTORS = (256 + 4) * 2
/** Read around the place where the superblock was last logged, which after an unmount is right before the head. */
const GUESS_SECTORS = 64

export async function readLogState(volume: Volume, signal?: AbortSignal): Promise<LogState> {
  const log = logOf(volume)
  if (log === undefined) return 'unreadable'
  const head = await findHead(log, volume.geometry.lsn, signal)
  if (head === 'empty') return 'clean'
  // Short first: the record of an unmount is short, and only that one makes a log clean.
  for (const reach of [64, LONGEST_RECORD_SECTORS]) {
    const sectors = await log.before(head, Math.min(reach, log.sectors), signal)
    for (let back = 1; back <= sectors.length / SECTOR; back += 1) {
      const at = sectors.length - back * SECTOR
      const record = new Cursor(sectors.subarray(at), 'a log record (xlog_rec_header)')
      if (record.u32be(0) === RECORD_MAGIC)
        return isUnmountRecord(record, volume.geometry) ? 'clean' : 'dirty'
    }
  }
  return 'unreadable'
}

type Log = Readonly<{
  sectors: number
  read: (sector: number, count: number, signal?: AbortSignal) => Promise<Uint8Array>
  /** The sectors before one, around the end of the ring. */
  before: (sector: number, count: number, signal?: AbortSignal) => Promise<Uint8Array>
}>

function logOf({ geometry, meta }: Volume): Log | undefined {
  const { startBlock, blocks } = geometry.log
  const { group, within } = splitBlock(geometry, startBlock)
  if (group >= geometry.agCount || blocks < 1) return undefined
  if (within + blocks > blocksOfGroup(geometry, group)) return undefined
  const base = byteOfBlock(geometry, startBlock)
  const sectors = (blocks * geometry.blockSize) / SECTOR
  const read: Log['read'] = (sector, count, signal) =>
    meta.read(base + sector * SECTOR, count * SECTOR, signal)
  return {
    sectors,
    read,
    async before(sector, count, signal) {
      if (count <= sector) return read(sector - count, count, signal)
      const wrapped = count - sector
      const out = new Uint8Array(count * SECTOR)
      out.set(await read(sectors - wrapped, wrapped, signal))
      if (sector > 0) out.set(await read(0, sector, signal), wrapped * SECTOR)
      return out
    },
  }
}

/** The first sector that was not written in the lap of the sector before it; `empty` where nothing ever was. */
async function findHead(log: Log, lsn: bigint, signal?: AbortSignal): Promise<number | 'empty'> {
  const first = await cycleAt(log, 0, signal)
  if (first === 0) return 'empty'
  const guess = await headNear(log, Number(lsn & 0xffff_ffffn), first, signal)
  if (guess !== undefined) return guess
  if ((await cycleAt(log, log.sectors - 1, signal)) === first) return 0
  let low = 0
  let high = log.sectors - 1
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if ((await cycleAt(log, middle, signal)) === first) low = middle
    else high = middle
  }
  return high
}

/** Saves the search: cycles fall only once, so a fall that is seen here is the head. */
async function headNear(
  log: Log,
  sector: number,
  cycle: number,
  signal?: AbortSignal,
): Promise<number | undefined> {
  if (sector >= log.sectors) return undefined
  const count = Math.min(GUESS_SECTORS, log.sectors - sector)
  const bytes = await log.read(sector, count, signal)
  if (cycleOf(bytes, 0) !== cycle) return undefined
  for (let index = 1; index < count; index += 1) {
    const found = cycleOf(bytes, index * SECTOR)
    if (found !== cycle) return found === cycle - 1 || found === 0 ? sector + index : undefined
  }
  return undefined
}

async function cycleAt(log: Log, sector: number, signal?: AbortSignal): Promise<number> {
  return cycleOf(await log.read(sector, 1, signal), 0)
}

/** A record's header begins with its magic; its cycle comes next (xlog_get_cycle). */
function cycleOf(bytes: Uint8Array, at: number): number {
  const cursor = new Cursor(bytes.subarray(at, at + SECTOR), 'a sector of the log')
  const first = cursor.u32be(0)
  return first === RECORD_MAGIC ? cursor.u32be(4) : first
}
