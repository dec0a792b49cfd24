import { endOf, windowOf } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import type { DiskPart } from './disk-layout.ts'
import type { ImagePiece } from './plan-pieces.ts'

type Range = Readonly<{ offsetBytes: number; lengthBytes: number }>

/** A piece of a machine's disk. */
export type DiskPiece = Range &
  (
    | Readonly<{ holds: 'zero' }>
    /** A range of the image, which all machines share; `used` counts in the image, too. */
    | Readonly<{ holds: 'image'; imageOffsetBytes: number; used: readonly Range[] }>
    | Readonly<{ holds: 'own'; source: ByteSource }>
  )

/**
 * The pieces of a disk in the order in which they are written: without overlaps, and the first block last, so that a disk
 * that is written in part has no partition table.
 */
export function placePieces(
  parts: readonly DiskPart[],
  pieces: readonly ImagePiece[],
  pieceBytes: number,
): readonly DiskPiece[] {
  const placed = parts.flatMap((part) => {
    if (part.holds === 'image') return piecesOfImage(part, pieces)
    return part.holds === 'zero' ? [part] : [...piecesOfOwn(part, pieceBytes)]
  })
  const isFirst = ({ offsetBytes }: DiskPiece): boolean => offsetBytes === 0
  return [...placed.filter((piece) => !isFirst(piece)), ...placed.filter(isFirst)]
}

function piecesOfImage(
  { offsetBytes, lengthBytes, imageOffsetBytes }: DiskPart & Readonly<{ holds: 'image' }>,
  pieces: readonly ImagePiece[],
): readonly DiskPiece[] {
  const shift = offsetBytes - imageOffsetBytes
  const part = { offsetBytes: imageOffsetBytes, lengthBytes }
  return pieces.flatMap((piece): readonly DiskPiece[] => {
    const range = clip(piece, part)
    if (range === undefined) return []
    const place = { offsetBytes: range.offsetBytes + shift, lengthBytes: range.lengthBytes }
    const used = piece.used.flatMap((one) => clip(one, range) ?? [])
    if (used.length === 0) return [{ holds: 'zero', ...place }]
    return [{ holds: 'image', ...place, imageOffsetBytes: range.offsetBytes, used }]
  })
}

function* piecesOfOwn(
  { offsetBytes, lengthBytes, source }: DiskPart & Readonly<{ holds: 'own' }>,
  pieceBytes: number,
): Generator<DiskPiece, void, undefined> {
  for (let at = 0; at < lengthBytes; at += pieceBytes) {
    const length = Math.min(pieceBytes, lengthBytes - at)
    yield {
      holds: 'own',
      offsetBytes: offsetBytes + at,
      lengthBytes: length,
      source: length === lengthBytes ? source : windowOf(source, at, length, source.name),
    }
  }
}

function clip(range: Range, within: Range): Range | undefined {
  const start = Math.max(range.offsetBytes, within.offsetBytes)
  const end = Math.min(endOf(range), endOf(within))
  return end > start ? { offsetBytes: start, lengthBytes: end - start } : undefined
}
