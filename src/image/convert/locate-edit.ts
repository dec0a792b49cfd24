import type { Patch } from '../../bytes/index.ts'
import type { FileSystem, NodeId } from '../../formats/filesystem/index.ts'
import { raise } from './errors.ts'

/** Where a range of the file system that holds the file lies in the base. */
export type Locate = (
  offset: number,
  length: number,
) => Iterable<Readonly<{ offsetBytes: number; lengthBytes: number }>>

/**
 * The patches of the base that give a file other bytes of the same length. Throws EDIT_REFUSED where somebody else could
 * see the change, or where a checksum covers the bytes: a shared extent, a further hard link, inline data, a journal
 * that has not been replayed.
 */
export async function locateEdit(
  fs: FileSystem,
  file: Readonly<{ id: NodeId; path: string }>,
  before: Uint8Array,
  after: Uint8Array,
  locate: Locate,
  signal?: AbortSignal,
): Promise<readonly Patch[]> {
  const refuse = (why: string): Error => raise('EDIT_REFUSED', { file: file.path, why })
  if (before.length !== after.length) throw refuse('its length would change')
  if (!fs.facts.clean) {
    throw refuse(
      `the ${fs.facts.type} file system was not unmounted cleanly, and its journal may write it again`,
    )
  }
  const { links } = await fs.stat(file.id, signal)
  if (links > 1) throw refuse(`it has ${links} names (hard links), and all of them would change`)

  const patches: Patch[] = []
  let covered = 0
  for await (const range of fs.ranges(file.id, signal)) {
    const start = range.fileOffsetBytes
    const end = Math.min(start + range.lengthBytes, after.length)
    if (start > covered || end <= start) break
    covered = end
    if (isSame(before, after, start, end)) continue
    if (range.kind !== 'data' || range.sourceOffsetBytes === undefined) {
      throw refuse(
        `its bytes lie ${range.kind === 'inline' ? 'in its inode, which has a checksum' : 'nowhere'}`,
      )
    }
    if (range.maybeShared === true) throw refuse('its blocks may be shared with another file (reflink)')
    let at = start
    for (const place of locate(range.sourceOffsetBytes, end - start)) {
      patches.push({ offsetBytes: place.offsetBytes, bytes: after.subarray(at, at + place.lengthBytes) })
      at += place.lengthBytes
    }
    if (at !== end) throw refuse('not all of its bytes lie in the base')
  }
  if (covered !== after.length) throw refuse('not all of its bytes lie in blocks of its own')
  return patches
}

function isSame(a: Uint8Array, b: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index += 1) if (a[index] !== b[index]) return false
  return true
}
