import type { Patch } from '../../bytes/index.ts'
import type { FileRange, FileSystem, NodeId } from './filesystem.ts'

/**
 * A change of a file's content where it lies: the ranges of the file system's source that change, and the bytes that
 * take their place. Or why that is not possible, as the end of a sentence. Applied to a stream, the file system is as
 * sound as it was: no block is given to the file or taken from it.
 */
export type ContentChange = Readonly<{ patches: readonly Patch[] }> | Readonly<{ refusal: string }>

/**
 * Plans other content for a regular file: as long as it is, or longer by what its last block has room for. Refused is
 * whatever somebody else could see (hard links, shared blocks), what would be undone (a journal to be replayed), and
 * what lies in no block of its own (holes, inline data). `before` is what the file holds.
 */
export async function planContentChange(
  fs: FileSystem,
  id: NodeId,
  before: Uint8Array,
  after: Uint8Array,
  signal?: AbortSignal,
): Promise<ContentChange> {
  const { type, clean, blockSizeBytes } = fs.facts
  if (!clean)
    return {
      refusal: `the ${type} file system was not unmounted cleanly, and its journal may write it again`,
    }
  const { links, sizeBytes } = await fs.stat(id, signal)
  if (links > 1) return { refusal: `it has ${links} names (hard links), and all of them would change` }
  if (after.length < sizeBytes) return { refusal: 'it would become shorter' }
  const roomBytes = Math.ceil(sizeBytes / blockSizeBytes) * blockSizeBytes - sizeBytes
  if (after.length > sizeBytes + roomBytes) {
    return {
      refusal: `it would grow by ${after.length - sizeBytes} bytes, and its last block has room for ${roomBytes}`,
    }
  }
  if (fs.planContent !== undefined) return fs.planContent(id, before, after, signal)
  const size = await fs.planSize(id, after.length, signal)
  if ('refusal' in size) return size

  const patches: Patch[] = []
  let covered = 0
  for await (const range of fs.ranges(id, signal)) {
    const start = range.fileOffsetBytes
    const isLast = start + range.lengthBytes === sizeBytes
    const end = isLast ? after.length : start + range.lengthBytes
    if (start > covered) break
    covered = end
    const change = differenceOf(before, after, start, end)
    if (change === undefined) continue
    if (range.kind !== 'data' || range.sourceOffsetBytes === undefined) {
      return {
        refusal: whyNotInPlace(range.kind),
      }
    }
    if (range.maybeShared === true) return { refusal: 'its blocks may be shared with another file (reflink)' }
    patches.push({
      offsetBytes: range.sourceOffsetBytes + change.from - start,
      bytes: after.subarray(change.from, change.to),
    })
  }
  if (covered !== after.length) return { refusal: 'not all of its bytes lie in blocks of its own' }
  return { patches: [...patches, ...size.patches] }
}

function whyNotInPlace(kind: FileRange['kind']): string {
  if (kind === 'inline') return 'its bytes lie inside its inode'
  return kind === 'compressed' ? 'its bytes are compressed' : 'its bytes lie nowhere: they were never written'
}

/** From the first to behind the last byte that differs. What lies behind the end of `before` differs. */
function differenceOf(
  before: Uint8Array,
  after: Uint8Array,
  start: number,
  end: number,
): Readonly<{ from: number; to: number }> | undefined {
  let from = start
  while (from < end && before[from] === after[from]) from += 1
  let to = end
  while (to > from && before[to - 1] === after[to - 1]) to -= 1
  return to > from ? { from, to } : undefined
}
