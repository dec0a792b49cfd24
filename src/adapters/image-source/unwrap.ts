import { randomUUID } from 'node:crypto'
import { open, statfs, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { isAnnealError, systemReason } from '../../core/index.ts'
import { joinExtents } from '../../bytes/index.ts'
import type { Extent } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import { fileSource } from './file-source.ts'
import type { OpenSource } from './file-source.ts'
import { ProgramMissing } from './program-stream.ts'
import { unpackCommand } from './unpack-command.ts'
import type { Archive, Compression } from './wrapper.ts'

export type UnwrapProgress = Readonly<{
  /** Of the compressed file. */
  doneBytes: number
  totalBytes: number
}>

/** A stream that is the image once it is decompressed. */
export type Packed = Readonly<{
  /** Of the file; the image keeps it. */
  name: string
  packedBytes: number
  wrapper: Compression | Archive
  /** Of an archive: which member it is. */
  member?: string
  unpacked: (onRead: (doneBytes: number) => void) => AsyncIterable<Uint8Array>
}>

export type UnwrapOptions = Readonly<{
  directory: string
  /** What any file may unpack to, however small it is. */
  alwaysBytes?: number
  onProgress?: (progress: UnwrapProgress) => void
  signal?: AbortSignal
}>

/** What is all zeros is not written, in pieces of this size: blocks of file systems are smaller, and few bytes are lost. */
const PIECE_BYTES = 64 * 1024
const ZEROS = new Uint8Array(PIECE_BYTES)
/** How often the free space is looked at, and what has to stay free: the directory may be everybody's. */
const CHECK_BYTES = 256 * 1024 * 1024
const RESERVE_BYTES = 64 * 1024 * 1024
/**
 * What a file may unpack to: zeros are not written, so that no disk fills up where a few kilobytes go on as zeros for
 * days. Images of mostly nothing reach some hundred times their packed size; gzip ends at a thousand.
 */
const MOST_RATIO = 2000
const ALWAYS_BYTES = 8 * 1024 ** 3

/**
 * Decompresses a wrapped image once, into a sparse file without a name, which is gone when the source is disposed of
 * or the process ends. Its zeros are told as extents. Throws IMAGE_NO_SPACE, IMAGE_TEMPORARY_UNWRITABLE, IMAGE_WRAPPER_DAMAGED.
 */
export async function unwrap(packed: Packed, options: UnwrapOptions): Promise<OpenSource> {
  const { name, packedBytes, wrapper } = packed
  const { directory, signal } = options
  // No image is smaller than what it was compressed to, but for a few bytes.
  await checkSpace(name, directory, packedBytes)
  const path = join(directory, `.anneal-${randomUUID()}`)
  const file = await open(path, 'wx+', 0o600).catch(unwritable(name, directory))
  try {
    await unlink(path)
    const read = (doneBytes: number): void => options.onProgress?.({ doneBytes, totalBytes: packedBytes })
    const written = await writeSparse(packed, packed.unpacked(read), file, options)
    const below = fileSource(file, name, written.size)
    return { ...below, extents: (offset, length) => extentsIn(written.data, offset, length) }
  } catch (error) {
    await file.close()
    if (signal?.aborted === true || isAnnealError(error)) throw error
    const reason = error instanceof Error ? error.message : String(error)
    const command = unpackCommand(packed)
    if (error instanceof ProgramMissing) {
      throw raise('IMAGE_NEEDS_PROGRAM', { path: name, wrapper, command }, error)
    }
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ZSTD_error_frameParameter_windowTooLarge') {
      throw raise(
        'IMAGE_UNPACK_REFUSED',
        { path: name, wrapper, reason: 'it asks for more than 128 MiB of memory', command },
        error,
      )
    }
    throw raise('IMAGE_WRAPPER_DAMAGED', { path: name, wrapper, reason }, error)
  }
}

type Written = Readonly<{ size: number; data: readonly Extent[] }>

async function writeSparse(
  packed: Packed,
  chunks: AsyncIterable<Uint8Array>,
  file: FileHandle,
  { directory, signal, alwaysBytes = ALWAYS_BYTES }: UnwrapOptions,
): Promise<Written> {
  const data: { offsetBytes: number; lengthBytes: number; kind: 'data' }[] = []
  const piece = new Uint8Array(PIECE_BYTES)
  let filled = 0
  let size = 0
  let unchecked = 0
  const { name, packedBytes, wrapper } = packed
  const mostBytes = Math.max(alwaysBytes, packedBytes * MOST_RATIO)
  const flush = async (): Promise<void> => {
    const offsetBytes = size - filled
    if (filled > 0 && Buffer.compare(piece.subarray(0, filled), ZEROS.subarray(0, filled)) !== 0) {
      const last = data.at(-1)
      await writeAll(file, piece.subarray(0, filled), offsetBytes)
      if (last !== undefined && last.offsetBytes + last.lengthBytes === offsetBytes)
        last.lengthBytes += filled
      else data.push({ offsetBytes, lengthBytes: filled, kind: 'data' })
      unchecked += filled
    }
    filled = 0
    if (unchecked < CHECK_BYTES) return
    unchecked = 0
    await checkSpace(name, directory, CHECK_BYTES)
  }
  for await (const chunk of chunks) {
    signal?.throwIfAborted()
    if (size > mostBytes) {
      const reason = `it goes on behind ${mostBytes} bytes, more than any image of its packed size holds`
      throw raise('IMAGE_UNPACK_REFUSED', { path: name, wrapper, reason, command: unpackCommand(packed) })
    }
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + PIECE_BYTES - filled)
      piece.set(part, filled)
      filled += part.length
      size += part.length
      at += part.length
      if (filled === PIECE_BYTES) await flush()
    }
  }
  await flush()
  await file.truncate(size)
  return { size, data }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, offset + done)
    done += bytesWritten
  }
}

async function checkSpace(path: string, directory: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory).catch(unwritable(path, directory))
  const freeBytes = bavail * bsize
  if (freeBytes >= neededBytes + RESERVE_BYTES) return
  throw raise('IMAGE_NO_SPACE', { path, directory, neededBytes: neededBytes + RESERVE_BYTES, freeBytes })
}

function unwritable(path: string, directory: string): (error: unknown) => never {
  return (error) => {
    throw raise('IMAGE_TEMPORARY_UNWRITABLE', { path, directory, why: systemReason(error) }, error)
  }
}

/** What is between the data is zero. */
async function* extentsIn(
  data: readonly Extent[],
  offset: number,
  length: number,
): AsyncGenerator<Extent, void, undefined> {
  const end = offset + length
  const all = function* (): Generator<Extent, void, undefined> {
    let at = offset
    for (const extent of data) {
      const from = Math.max(extent.offsetBytes, at)
      const to = Math.min(extent.offsetBytes + extent.lengthBytes, end)
      if (to <= from) continue
      if (from > at) yield { offsetBytes: at, lengthBytes: from - at, kind: 'zero' }
      yield { offsetBytes: from, lengthBytes: to - from, kind: 'data' }
      at = to
    }
    if (end > at) yield { offsetBytes: at, lengthBytes: end - at, kind: 'zero' }
  }
  yield* joinExtents(all())
}
