/**
 * A thin volume: which chunk of the pool's data each chunk of it is, as the B+trees of the pool's metadata say; what is in none reads
 * as zeros.
 *
 * Scope: metadata of version 1 and 2 as the kernel and thin-provisioning-tools write them. Non-goals: space maps, which volumes share
 * chunks, volumes with an origin outside of the pool, metadata snapshots.
 *
 * Reference: drivers/md/dm-thin-metadata.c and drivers/md/persistent-data of Linux.
 */
import { at, cached, checkRange, crc32cRaw, safe64le, struct, u32le } from '../../bytes/index.ts'
import type { ByteSource, Extent } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import { THIN_BLOCK_BYTES, ThinTree } from './thin-tree.ts'

export type ThinRequest = Readonly<{
  /** `group/volume`. */
  volume: string
  sizeBytes: number
  deviceId: number
  pool: Readonly<{
    name: string
    metadata: ByteSource
    data: ByteSource
    chunkBytes: number
    transactionId: number
  }>
  signal: AbortSignal | undefined
}>

const SUPERBLOCK = struct('thin_disk_superblock', 364, {
  checksum: at(0, u32le),
  flags: at(4, u32le),
  block: at(8, safe64le),
  magic: at(32, safe64le),
  version: at(40, u32le),
  transactionId: at(48, safe64le),
  mappingRoot: at(320, safe64le),
  chunkSectors: at(336, u32le),
  blockSectors: at(340, u32le),
  incompatible: at(360, u32le),
})
const MAGIC = 27_022_010
const CHECKSUM_XOR = 160_774
const NEEDS_CHECK = 1
const SECTOR_BYTES = 512

/** Throws LVM_THIN_DAMAGED. */
export async function openThinVolume(request: ThinRequest): Promise<ByteSource> {
  const { volume, sizeBytes, deviceId, pool, signal } = request
  const damaged = (reason: string): Error => raise('LVM_THIN_DAMAGED', { volume, pool: pool.name, reason })
  if (pool.metadata.size < THIN_BLOCK_BYTES) throw damaged('end before their first block')
  const metadata = cached(pool.metadata, { blockBytes: THIN_BLOCK_BYTES * 16, blocks: 16 })
  const bytes = await metadata.read(0, THIN_BLOCK_BYTES, signal)
  const head = SUPERBLOCK.read(bytes)
  if (head.magic !== MAGIC) throw damaged('have no superblock')
  if ((crc32cRaw(0xffff_ffff, bytes.subarray(4)) ^ CHECKSUM_XOR) >>> 0 !== head.checksum || head.block !== 0)
    throw damaged('have a superblock with a wrong checksum')
  if (head.version < 1 || head.version > 2) throw damaged(`are of version ${head.version}`)
  if (head.incompatible !== 0) throw damaged(`have the unknown incompatible features ${head.incompatible}`)
  if ((head.flags & NEEDS_CHECK) !== 0) throw damaged('need a check')
  if (head.blockSectors * SECTOR_BYTES !== THIN_BLOCK_BYTES)
    throw damaged(`have blocks of ${head.blockSectors} sectors`)
  if (pool.chunkBytes === 0 || head.chunkSectors * SECTOR_BYTES !== pool.chunkBytes)
    throw damaged(`have chunks of ${head.chunkSectors} sectors, and the group says ${pool.chunkBytes} bytes`)
  if (head.transactionId !== pool.transactionId)
    throw damaged(`are at transaction ${head.transactionId}, and the group at ${pool.transactionId}`)
  const tree = new ThinTree(metadata, damaged)
  const [device] = await Array.fromAsync(tree.entries(head.mappingRoot, deviceId, deviceId, signal))
  if (device === undefined) throw damaged(`know no device ${deviceId}`)
  const root = Number(device.value)
  return thinSource({ ...request, tree, root, damaged, name: `logical volume ${volume}`, sizeBytes })
}

type Mapped = ThinRequest &
  Readonly<{ tree: ThinTree; root: number; damaged: (reason: string) => Error; name: string }>

/** A run of the volume: in the pool’s data, or a hole. */
type Run = Readonly<{ offsetBytes: number; lengthBytes: number; dataOffsetBytes: number | undefined }>

function thinSource({ tree, root, damaged, name, sizeBytes, pool }: Mapped): ByteSource {
  const { chunkBytes, data } = pool
  /** Cut to the range, in order, without gaps. */
  const runs = async function* (offset: number, length: number, signal?: AbortSignal): AsyncGenerator<Run> {
    const end = offset + length
    let done = offset
    const [first, last] = [Math.floor(offset / chunkBytes), Math.floor((end - 1) / chunkBytes)]
    for await (const { key, value } of tree.entries(root, first, last, signal)) {
      const from = Math.max(key * chunkBytes, offset)
      if (from > done) yield { offsetBytes: done, lengthBytes: from - done, dataOffsetBytes: undefined }
      // The lower 24 bits say when it was written.
      const chunk = Number(value >> 24n)
      const lengthBytes = Math.min((key + 1) * chunkBytes, end) - from
      const dataOffsetBytes = chunk * chunkBytes + (from - key * chunkBytes)
      if (dataOffsetBytes + lengthBytes > data.size) throw damaged(`lead to chunk ${chunk} behind its end`)
      yield { offsetBytes: from, lengthBytes, dataOffsetBytes }
      done = from + lengthBytes
    }
    if (done < end) yield { offsetBytes: done, lengthBytes: end - done, dataOffsetBytes: undefined }
  }
  return {
    size: sizeBytes,
    name,
    async read(offset, length, signal) {
      checkRange(this, offset, length)
      const out = new Uint8Array(length)
      if (length === 0) return out
      for await (const run of runs(offset, length, signal)) {
        if (run.dataOffsetBytes === undefined) continue
        out.set(await data.read(run.dataOffsetBytes, run.lengthBytes, signal), run.offsetBytes - offset)
      }
      return out
    },
    async *extents(offset, length, signal): AsyncGenerator<Extent, void, undefined> {
      checkRange(this, offset, length)
      if (length === 0) return
      for await (const { offsetBytes, lengthBytes, dataOffsetBytes } of runs(offset, length, signal))
        yield { offsetBytes, lengthBytes, kind: dataOffsetBytes === undefined ? 'zero' : 'data' }
    },
  }
}
