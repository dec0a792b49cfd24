import { endOf, extentsOf } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { alignExtents } from '../convert/index.ts'
import { PART_BYTES } from './disk-layout.ts'

type Range = Readonly<{ offsetBytes: number; lengthBytes: number }>

/** A piece of an image: one range, and what has to be read of it. The rest of it is zeros. */
export type ImagePiece = Range & Readonly<{ used: readonly Range[] }>

/** Free space up to this does not end a piece: zeros cost less than a request more. */
const MOST_GAP_BYTES = 1024 * 1024
/** Zeros from this on are a piece of their own, of which nothing is sent. */
const LEAST_ZERO_BYTES = 256 * 1024
const MOST_ZERO_BYTES = 256 * 1024 * 1024
/** Clusters and compressed units of an image are this long or less: a piece ends between two. */
const CUT_BYTES = 64 * 1024

/**
 * Cuts what is in use of an image into pieces of at most `pieceBytes`, in order. Pieces of one image are the same on every disk
 * that it is written to. Reads what tells used from free space.
 */
export async function planPieces(
  image: ByteSource,
  pieceBytes: number,
  signal?: AbortSignal,
): Promise<readonly ImagePiece[]> {
  const pieces: ImagePiece[] = []
  let open: { offsetBytes: number; end: number; used: Range[] } | undefined
  const close = (): void => {
    if (open === undefined) return
    const { offsetBytes, end, used } = open
    pieces.push({ offsetBytes, lengthBytes: end - offsetBytes, used })
    open = undefined
  }
  for await (const extent of alignExtents(extentsOf(image, 0, image.size, signal), PART_BYTES)) {
    if (extent.kind === 'unallocated') continue
    if (extent.kind === 'zero' && extent.lengthBytes >= LEAST_ZERO_BYTES) {
      close()
      for (let at = extent.offsetBytes; at < endOf(extent); at += MOST_ZERO_BYTES)
        pieces.push({ offsetBytes: at, lengthBytes: Math.min(MOST_ZERO_BYTES, endOf(extent) - at), used: [] })
      continue
    }
    for (let at = extent.offsetBytes; at < endOf(extent);) {
      if (open !== undefined && (at - open.end > MOST_GAP_BYTES || at >= open.offsetBytes + pieceBytes))
        close()
      open ??= { offsetBytes: at, end: at, used: [] }
      const limit = cutBefore(open.offsetBytes + pieceBytes, at)
      const end = Math.min(limit, endOf(extent))
      if (extent.kind === 'data') open.used.push({ offsetBytes: at, lengthBytes: end - at })
      open.end = end
      at = end
      if (at === limit) close()
    }
  }
  close()
  return pieces
}

function cutBefore(limit: number, at: number): number {
  const cut = Math.floor(limit / CUT_BYTES) * CUT_BYTES
  return cut > at ? cut : limit
}
