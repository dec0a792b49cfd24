import { PieceStore } from '../../adapters/pieces/index.ts'
import type { PieceOrder } from '../../adapters/pieces/index.ts'
import { sha256 } from '../../adapters/system/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
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
  /** The most that a piece holds, unpacked. Default: 4 MiB (docs/bench.md). */
  pieceBytes?: number
}>

const CACHE_BYTES = 64 * 1024 * 1024
const PIECE_BYTES = 4 * 1024 * 1024

/** Composes the disks of all machines of one conductor: what two of them have in common is read and packed once. */
export function diskComposer({
  cacheBytes = CACHE_BYTES,
  pieceBytes = PIECE_BYTES,
}: DiskComposerOptions = {}): ComposeDisk {
  const store = new PieceStore({ mostBytes: cacheBytes })
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
    return diskChunks(store, image, layout.diskBytes, pieces, `disk ${disks}`)
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
  store: PieceStore,
  image: DeployImage,
  diskBytes: number,
  pieces: readonly PlacedPiece[],
  disk: string,
): DiskChunks {
  const orderOf = (piece: PlacedPiece): PieceOrder | undefined => {
    if (piece.holds === 'zero') return undefined
    if (piece.holds === 'own')
      return {
        key: `${disk} ${piece.offsetBytes}`,
        read: () => piece.source.read(0, piece.lengthBytes),
      }
    const { imageOffsetBytes, lengthBytes } = piece
    return {
      key: `${image.identity} ${imageOffsetBytes} ${lengthBytes}`,
      read: () => readUsed(image.disk, piece),
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
      const next = pieces[index + 1]
      const ahead = next && orderOf(next)
      if (ahead) store.ahead(ahead)
      const { packed, digest } = (await got) as Readonly<{
        packed?: Uint8Array<ArrayBuffer>
        digest?: string
      }>
      return packed === undefined ? { head: `${range} zero\n` } : { head: `${range} ${digest}\n`, packed }
    },
  }
}

/** A range of the image, with zeros where it holds nothing. */
async function readUsed(
  disk: ByteSource,
  { imageOffsetBytes, lengthBytes, used }: PlacedPiece & Readonly<{ holds: 'image' }>,
): Promise<Uint8Array> {
  const [only] = used
  if (used.length === 1 && only?.lengthBytes === lengthBytes) return disk.read(imageOffsetBytes, lengthBytes)
  const bytes = new Uint8Array(lengthBytes)
  await Promise.all(
    used.map(async (range) => {
      bytes.set(await disk.read(range.offsetBytes, range.lengthBytes), range.offsetBytes - imageOffsetBytes)
    }),
  )
  return bytes
}
