import { createHash } from 'node:crypto'

const PIECE = new Uint8Array(1024 * 1024)
const MOST_KEPT = 1024
const known = new Map<number, string>()

/** SHA-256 of so many zeros, in hex. Lengths recur: each is computed once. */
export function sha256OfZeros(lengthBytes: number): string {
  const found = known.get(lengthBytes)
  if (found !== undefined) return found
  const hash = createHash('sha256')
  for (let left = lengthBytes; left > 0; left -= PIECE.length) {
    hash.update(left < PIECE.length ? PIECE.subarray(0, left) : PIECE)
  }
  const digest = hash.digest('hex')
  if (known.size < MOST_KEPT) known.set(lengthBytes, digest)
  return digest
}
