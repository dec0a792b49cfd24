import { kindOfEntryType } from '../filesystem/index.ts'
import type { DirectoryEntry, NodeKind } from '../filesystem/index.ts'
import { lowered } from './name-hash.ts'

/** An entry as a directory holds it; `.` and `..` too. */
export type RawEntry = Readonly<{ nameBytes: Uint8Array; inode: number; kind: NodeKind }>

/** XFS_DIR3_FT_WHT: a whiteout of overlayfs, which is a character device 0/0. */
const WHITEOUT = 8

export function kindOfEntry(type: number): NodeKind {
  return type === WHITEOUT ? 'character device' : kindOfEntryType(type)
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

export function toEntry({ nameBytes, inode, kind }: RawEntry): DirectoryEntry {
  return { name: decoder.decode(nameBytes), nameBytes: new Uint8Array(nameBytes), id: BigInt(inode), kind }
}

export function isDots({ nameBytes }: RawEntry): boolean {
  if (nameBytes[0] !== 0x2e) return false
  return nameBytes.length === 1 || (nameBytes.length === 2 && nameBytes[1] === 0x2e)
}

/** A name on a disk that no path could reach (xfs_dir2_namecheck). */
export function isImpossibleName(name: Uint8Array): boolean {
  return name.length === 0 || name.includes(0x2f) || name.includes(0)
}

export type Match = 'exact' | 'case' | 'none'

/** How a name on the disk fits the one that is looked for. */
export function matchName(wanted: Uint8Array, found: Uint8Array, caseFolded: 'folded' | 'as is'): Match {
  if (wanted.length !== found.length) return 'none'
  let match: Match = 'exact'
  for (let index = 0; index < wanted.length; index += 1) {
    const [a = 0, b = 0] = [wanted[index], found[index]]
    if (a === b) continue
    if (caseFolded === 'as is' || lowered(a) !== lowered(b)) return 'none'
    match = 'case'
  }
  return match
}
