import { availableParallelism } from 'node:os'
import { PiecePool } from '../../adapters/convert/index.ts'
import { PieceStore } from '../../adapters/pieces/index.ts'
import type { PackedPiece, PieceOrder } from '../../adapters/pieces/index.ts'
import { sha256 } from '../../adapters/system/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import type { Chunk } from '../../image/convert/index.ts'
import {
  LINUX_TYPE,
  layoutTrio,
  layoutWholeDisk,
  partsOf,
  placePieces,
  planPieces,
  raiseDeployDisk,
} from '../../image/deploy-disk/index.ts'
import type {
  DiskLayout,
  DiskPiece as PlacedPiece,
  ImagePiece,
  TargetDisk,
} from '../../image/deploy-disk/index.ts'
import type { ComposeDisk, DeployImage, DiskChunks, DiskPiece, DiskRequest } from '../../ports/index.ts'
import { raise } from '../errors.ts'

export type DiskComposerOptions = Readonly<{
  /** What packed pieces may take in memory, for all machines together. Default: 64 MiB. */
  cacheBytes?: number
  /** The most that a piece holds, unpacked. Default: 8 MiB (docs/bench.md). */
  pieceBytes?: number
}>

const CACHE_BYTES = 64 * 1024 * 1024
const PIECE_BYTES = 8 * 1024 * 1024

const MOST_THREADS = 8
/** How many pieces are begun before a machine asks for them, where no other waits. */
const AHEAD = 2

type Packing = Readonly<{ store: PieceStore; pool: PiecePool }>

/** Composes the disks of all machines of one conductor: what two of them have in common is read and packed once. */
export function diskComposer({
  cacheBytes = CACHE_BYTES,
  pieceBytes = PIECE_BYTES,
}: DiskComposerOptions = {}): ComposeDisk {
  const threads = Math.min(MOST_THREADS, availableParallelism())
  // One piece for each thread to work on, and one to be found and asked for meanwhile.
  const packing = {
    pool: new PiecePool(threads),
    store: new PieceStore({ mostBytes: cacheBytes, atOnce: threads + 1 }),
  }
  const plans = new WeakMap<DeployImage, Promise<readonly ImagePiece[]>>()
  let disks = 0
  const planOf = (image: DeployImage): Promise<readonly ImagePiece[]> => {
    // Not bound to who asks first: others may wait for the same plan.
    const plan = plans.get(image) ?? planPieces(image.disk, pieceBytes)
    plans.set(image, plan)
    plan.catch(() => plans.delete(image))
    return plan
  }
  return async (request) => {
    const { image, signal } = request
    const layout = await layoutOf(request)
    const plan = await planOf(image)
    signal?.throwIfAborted()
    const pieces = placePieces(partsOf(layout, image.disk), plan, pieceBytes)
    disks += 1
    return diskChunks(packing, image, layout.diskBytes, pieces, `disk ${disks}`)
  }
}

async function layoutOf({ image, signal, ...request }: DiskRequest): Promise<DiskLayout> {
  const { sectorSizeBytes, configDrive, diskBytes, seed } = request
  if (!image.sectorSizesBytes.includes(sectorSizeBytes)) {
    const imageSectorBytes = image.sectorSizesBytes.join(' or ')
    throw raiseDeployDisk('DEPLOY_SECTOR_SIZE', {
      image: image.disk.name,
      diskSectorBytes: sectorSizeBytes,
      imageSectorBytes,
    })
  }
  const target: TargetDisk = {
    diskBytes,
    sectorSizeBytes,
    seed,
    digest: sha256,
    ...(configDrive && { configDrive }),
  }
  if (image.form === 'trio')
    return layoutTrio(image.disk, image.partition ?? { typeGuid: LINUX_TYPE, label: '' }, target)
  return layoutWholeDisk(image.disk, image.table ?? 'none', target, signal)
}

function diskChunks(
  { store, pool }: Packing,
  image: DeployImage,
  diskBytes: number,
  pieces: readonly PlacedPiece[],
  disk: string,
): DiskChunks {
  const pack = async (source: ByteSource, chunk: Chunk): Promise<PackedPiece> => {
    using _ = image.hold()
    return await pool.pack(source, chunk)
  }
  const orderOf = (piece: PlacedPiece): PieceOrder | undefined => {
    const { lengthBytes } = piece
    if (piece.holds === 'zero') return undefined
    if (piece.holds === 'own') {
      const all = { offsetBytes: 0, lengthBytes, kind: 'data' } as const
      const chunk = { offsetBytes: 0, lengthBytes, used: [all] }
      return { key: `${disk} ${piece.offsetBytes}`, pack: () => pack(piece.source, chunk) }
    }
    const { imageOffsetBytes: offsetBytes, used } = piece
    const chunk = { offsetBytes, lengthBytes, used: used.map((one) => ({ ...one, kind: 'data' }) as const) }
    return {
      key: `${image.identity} ${offsetBytes} ${lengthBytes}`,
      pack: () => pack(image.disk, chunk),
    }
  }
  return {
    diskBytes,
    count: pieces.length,
    usedBytes: pieces.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0),
    async piece(index, signal): Promise<DiskPiece> {
      const piece = pieces[index]
      if (piece === undefined) throw raise('DEPLOY_PIECE_UNKNOWN', { index, count: pieces.length })
      const range = `${piece.offsetBytes} ${piece.lengthBytes}`
      const order = orderOf(piece)
      if (order === undefined) return { head: `${range} zero\n` }
      const got = store.get(order, signal)
      for (const next of pieces.slice(index + 1, index + 1 + AHEAD)) {
        const ahead = orderOf(next)
        if (ahead) store.ahead(ahead)
      }
      const done = await got
      return done.packed === undefined
        ? { head: `${range} zero\n` }
        : { head: `${range} ${done.digest}\n`, packed: done.packed }
    },
  }
}
