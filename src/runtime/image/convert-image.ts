import type { ByteSource, Extent, Patch } from '../../bytes/index.ts'
import { together } from '../../core/index.ts'
import { BLOCK_MAP_BLOCK_BYTES, alignExtents, planChunks } from '../../image/convert/index.ts'
import type { BaseFormat, BootFile, StoredBase } from '../../contract/index.ts'
import type { Chunk } from '../../image/convert/index.ts'
import type { ConversionWorld } from '../../ports/index.ts'
import { tellProgress } from './base-stream.ts'
import type { BaseJob } from './base-stream.ts'
import type { FileToStore } from './file-bytes.ts'
import { storeFile, storeTexts } from './store-files.ts'
import { writeBase } from './write-base.ts'

/** What a thread works on at a time. Large enough that a chunk costs no more than its bytes, small enough for memory. */
const CHUNK_BYTES = 2 * 1024 * 1024

/** Everything that is known before the first byte is written. */
export type Conversion = Readonly<{
  kernel?: FileToStore
  ramdisk?: FileToStore
  base: Readonly<{
    /** With what is changed about it. */
    source: ByteSource
    /** The parts of the image's disk that it is made of, and what was changed: both tell one base from another. */
    pieces: readonly Readonly<{ diskOffsetBytes: number; lengthBytes: number }>[]
    patches: readonly Patch[]
    from: string
    holds: StoredBase['holds']
    /** Of the disk that the image was made for. */
    sectorSizeBytes?: number
    shrunk?: StoredBase['shrunk']
  }>
  /** What the whole base holds. */
  extents: (signal: AbortSignal, layers: 'all' | 'stored') => AsyncIterable<Extent>
  /** The rest of boot.json. */
  about: Pick<BootFile, 'source' | 'boot' | 'changes' | 'warnings'>
}>

export type ConvertOptions = Readonly<{
  format: BaseFormat
  baseName: string
  /** `exact`: free space is read and written as it is, and the whole base is digested. */
  freeSpace: 'skip' | 'exact'
  /** Further small files beside boot.json, by name. */
  extraFiles: (boot: BootFile) => Readonly<Record<string, string>>
  onProgress: (progress: ConvertProgress) => void
}>

export type ConvertProgress = Readonly<{ doneBytes: number; totalBytes: number }>

export type Converted = Readonly<{ boot: BootFile; readBytes: number; writtenBytes: number }>

/** The base of a conversion, cut into chunks: reads what tells used from free space, and no data. */
export async function planBase(
  conversion: Conversion,
  freeSpace: ConvertOptions['freeSpace'],
  signal: AbortSignal,
): Promise<BaseJob> {
  const { source: base } = conversion.base
  const sizeBytes = base.size
  const extents = alignExtents(
    conversion.extents(signal, freeSpace === 'exact' ? 'stored' : 'all'),
    BLOCK_MAP_BLOCK_BYTES,
  )
  const options = {
    sizeBytes,
    chunkBytes: CHUNK_BYTES,
    freeSpace: freeSpace === 'exact' ? 'read' : 'skip',
  } as const
  const chunks: Chunk[] = []
  for await (const chunk of planChunks(extents, options)) chunks.push(chunk)
  return { base, sizeBytes, chunkBytes: CHUNK_BYTES, chunks }
}

/**
 * Writes kernel, ramdisk, base and boot.json into the world's folder and commits it. Whatever fails, or an abort,
 * leaves nothing behind under any name.
 */
export async function convertImage(
  world: ConversionWorld,
  conversion: Conversion,
  job: BaseJob,
  options: ConvertOptions,
  signal: AbortSignal,
): Promise<Converted> {
  const output = {
    name: options.baseName,
    format: options.format,
    digest: options.freeSpace === 'exact' ? 'whole file' : 'used blocks',
    onProgress: tellProgress(job, options.onProgress),
  } as const
  try {
    // Side by side: the files are read and digested here while the threads are busy with the base.
    const [written, kernel, ramdisk] = await together(signal, (both) => [
      writeBase(world, job, output, both),
      storeFile(world, conversion.kernel, both),
      storeFile(world, conversion.ramdisk, both),
    ])
    const { readBytes, writtenBytes, ...base } = written
    const { from, holds, sectorSizeBytes, shrunk } = conversion.base
    const boot: BootFile = {
      schema: 'anneal.boot/1',
      ...conversion.about,
      ...(kernel === undefined ? {} : { kernel }),
      ...(ramdisk === undefined ? {} : { ramdisk }),
      base: {
        ...base,
        from,
        holds,
        ...(sectorSizeBytes !== undefined && { sectorSizeBytes }),
        ...(shrunk && { shrunk }),
      },
    }
    await storeTexts(world, boot, options.extraFiles(boot))
    signal.throwIfAborted()
    await world.folder.commit()
    return { boot, readBytes, writtenBytes }
  } finally {
    await world.folder.discard()
  }
}
