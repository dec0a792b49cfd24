import { mapped } from '../../bytes/index.ts'
import type { ByteSource, Piece } from '../../bytes/index.ts'
import type { FileRange } from '../filesystem/index.ts'
import { raise } from './errors.ts'
import { readMappings, walkMappings } from './extent-map.ts'
import type { Mapping } from './extent-map.ts'
import type { Inode } from './inode.ts'
import { byteOfBlock } from './volume.ts'
import type { Volume } from './volume.ts'

/** A regular file's content over the source. What no extent covers, and what was never written, is zeros. */
export async function openContent(volume: Volume, inode: Inode, signal?: AbortSignal): Promise<ByteSource> {
  checkFile(inode)
  const size = inode.stat.sizeBytes
  const pieces: Piece[] = []
  let at = 0
  for (const mapping of await readMappings(volume, inode.number, inode.data, signal)) {
    const run = clip(volume, mapping, size)
    if (run === undefined) break
    if (run.start > at) pieces.push({ lengthBytes: run.start - at, hole: 'zero' })
    pieces.push(
      mapping.unwritten
        ? { lengthBytes: run.length, hole: 'zero' }
        : {
            lengthBytes: run.length,
            source: volume.source,
            sourceOffsetBytes: byteOfBlock(volume.geometry, mapping.block),
          },
    )
    at = run.start + run.length
  }
  if (at < size) pieces.push({ lengthBytes: size - at, hole: 'zero' })
  return mapped(pieces, `inode ${inode.number} of "${volume.source.name}"`)
}

/** `isShared` answers for a run of blocks. */
export async function* contentRanges(
  volume: Volume,
  inode: Inode,
  isShared: (block: number, count: number, signal?: AbortSignal) => Promise<boolean>,
  signal?: AbortSignal,
): AsyncGenerator<FileRange, void, undefined> {
  checkFile(inode)
  const size = inode.stat.sizeBytes
  for await (const mappings of walkMappings(volume, inode.number, inode.data, signal)) {
    for (const mapping of mappings) {
      const run = clip(volume, mapping, size)
      if (run === undefined) return
      const range = { fileOffsetBytes: run.start, lengthBytes: run.length }
      if (mapping.unwritten) {
        yield { ...range, kind: 'unwritten' }
        continue
      }
      const shared = await isShared(mapping.block, mapping.count, signal)
      yield {
        ...range,
        kind: 'data',
        sourceOffsetBytes: byteOfBlock(volume.geometry, mapping.block),
        ...(shared ? { maybeShared: true } : {}),
      }
    }
  }
}

/** Blocks behind the end of the file are set aside for its growth: they are none of its content. */
function clip(
  { geometry }: Volume,
  { fileBlock, count }: Mapping,
  size: number,
): { start: number; length: number } | undefined {
  const start = fileBlock * geometry.blockSize
  if (start >= size) return undefined
  return { start, length: Math.min(count * geometry.blockSize, size - start) }
}

/** Throws XFS_NOT_A_FILE, XFS_REALTIME_FILE. */
export function checkFile(inode: Inode): void {
  const { kind } = inode.stat
  if (kind !== 'file') throw raise('XFS_NOT_A_FILE', { inode: inode.number, kind })
  if (inode.realtime) throw raise('XFS_REALTIME_FILE', { inode: inode.number })
}
