import { toHex } from '../../core/index.ts'
import { Cursor } from '../../bytes/index.ts'
import type { Xattr } from '../filesystem/index.ts'
import { FS_VERITY_HASHES } from '../fsverity/index.ts'
import type { FsVerityHash } from '../fsverity/index.ts'

/** What overlayfs keeps for itself, and never shows (fs/overlayfs/xattrs.c). */
const OWN = 'trusted.overlay.'
/** An attribute of the tree that is called like its own is written so, and shown without the second `overlay.`. */
const ESCAPED = 'trusted.overlay.overlay.'

/** The content of a file is in the object store. Without a digest, nobody compares it. */
export type Metacopy = Readonly<{ digest?: Readonly<{ hash: FsVerityHash; hex: string }> }>

export type MetacopyProblem = Readonly<{ found: string; expected: string }>

/** Attributes as the mount shows them. */
export function shownXattrs(all: readonly Xattr[]): readonly Xattr[] {
  return all.flatMap((one) => {
    if (!one.name.startsWith(OWN)) return [one]
    if (!one.name.startsWith(ESCAPED)) return []
    // Both are ASCII: as many bytes as characters.
    const nameBytes = new Uint8Array(one.nameBytes.length - (ESCAPED.length - OWN.length))
    nameBytes.set(one.nameBytes.subarray(0, OWN.length))
    nameBytes.set(one.nameBytes.subarray(ESCAPED.length), OWN.length)
    return [{ ...one, name: OWN + one.name.slice(ESCAPED.length), nameBytes }]
  })
}

export function overlayValue(all: readonly Xattr[], name: string): Uint8Array | undefined {
  return all.find((one) => one.name === OWN + name)?.value
}

/** A value of no bytes is from before there were digests (struct ovl_metacopy: version, length, flags, algorithm, digest). */
export function parseMetacopy(value: Uint8Array): Metacopy | MetacopyProblem {
  if (value.length === 0) return {}
  if (value.length < 4) return { found: `${value.length} bytes`, expected: 'none, or at least 4' }
  const cursor = new Cursor(value, 'trusted.overlay.metacopy', 0)
  const [version, length, flags, algorithm] = [cursor.u8(0), cursor.u8(1), cursor.u8(2), cursor.u8(3)]
  if (version !== 0) return { found: `of version ${version}`, expected: 'version 0' }
  if (flags !== 0) return { found: `with flags ${flags}`, expected: 'none' }
  if (length !== value.length)
    return { found: `${value.length} bytes`, expected: `as many as it says, ${length}` }
  if (length === 4) return {}
  if (algorithm !== 1 && algorithm !== 2)
    return { found: `of algorithm ${algorithm}`, expected: '1 (SHA-256) or 2 (SHA-512)' }
  const hash = FS_VERITY_HASHES[algorithm]
  const expected = hash === 'sha256' ? 36 : 68
  if (length !== expected) return { found: `${length} bytes`, expected: `${expected} for ${hash}` }
  return { digest: { hash, hex: toHex(value.subarray(4)) } }
}
