import { toHex } from '../../../bytes/index.ts'

/** OSTREE_COMPOSEFS_DIGEST_KEY_V0. */
const KEY = new TextEncoder().encode('ostree.composefs.digest.v0\0')
const DIGEST_BYTES = 32

/**
 * The composefs digest in the metadata of a commit object of ostree; undefined where it has none. The metadata are a
 * GVariant `a{sv}` at the beginning of the object: an entry is the key, padded to a multiple of eight, the digest, a zero and
 * its type, `ay` (GVariant specification, 2.5).
 */
export function composefsDigestOf(commit: Uint8Array): string | undefined {
  const at = indexOf(commit, KEY)
  if (at === -1) return undefined
  const start = Math.ceil((at + KEY.length) / 8) * 8
  const end = start + DIGEST_BYTES
  const isBytes = commit[end] === 0 && commit[end + 1] === 0x61 && commit[end + 2] === 0x79
  return isBytes ? toHex(commit.subarray(start, end)) : undefined
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  const [first = 0] = wanted
  for (let at = bytes.indexOf(first); at !== -1; at = bytes.indexOf(first, at + 1))
    if (wanted.every((byte, index) => bytes[at + index] === byte)) return at
  return -1
}
