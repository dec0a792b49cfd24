import { cached, checkRange, clipExtents, extentsOf, placesOf, shiftPlaces } from '../../bytes/index.ts'
import type { ByteSource, Extent, Place, ReaderWarning } from '../../bytes/index.ts'
import { clusterMap } from './cluster-map.ts'
import type { Run } from './cluster-map.ts'
import { compressedClusters } from './compressed-clusters.ts'
import type { Decompress } from './decompress.ts'
import { raise } from './errors.ts'
import { readHeader } from './header.ts'
import type { CompressionType, Header } from './header.ts'
import { isCutShort } from './l1-table.ts'
import { QCOW2_MAGIC } from './layout.ts'

/**
 * qcow2, versions 2 and 3: QEMU's docs/interop/qcow2.txt.
 *
 * Read: compressed clusters (zlib, zstd), zero clusters, extended L2 entries, images marked as dirty, backing and
 * external data files where the caller opens them. Refused by name: encryption, images marked as corrupt, unknown
 * incompatible features. Not read: reference counts, internal snapshots, bitmaps. Nothing is ever written.
 */
export type Qcow2 = Readonly<{
  version: 2 | 3
  clusterBytes: number
  compression: CompressionType
  extendedL2: boolean
  snapshotCount: number
  /** Names as the image says them. */
  backingFile?: Readonly<{ name: string; format: string | undefined }>
  dataFile?: string
  warnings: readonly ReaderWarning[]
  /** The disk. */
  source: ByteSource
}>

/** Another file that the image names. Whoever made the image chose the name: it must not be followed unchecked. */
export type OtherFile = Readonly<{
  name: string
  use: 'backingFile' | 'dataFile'
  /** `raw`, `qcow2`, …: the format of a backing file, whose disk is wanted. A data file is always raw. */
  format: string
}>

export type OpenQcow2Options = Readonly<{
  decompress: Decompress
  /** Opens files that the image names; without it, images with such files are refused. */
  openOther?: (file: OtherFile) => Promise<ByteSource>
  signal?: AbortSignal
}>

const METADATA_CACHE = { blockBytes: 65_536, blocks: 128 } as const

/** Whether it begins as a qcow2 image of any version does. */
export async function probeQcow2(source: ByteSource): Promise<boolean> {
  if (source.size < 4) return false
  const [a = 0, b = 0, c = 0, d = 0] = await source.read(0, 4)
  return ((a << 24) | (b << 16) | (c << 8) | d) === QCOW2_MAGIC
}

/** Opens an image; reads its header and the begin of its L1 table. Throws QCOW2_… as errors.ts lists them. */
export async function openQcow2(source: ByteSource, options: OpenQcow2Options): Promise<Qcow2> {
  const metadata = cached(source, METADATA_CACHE)
  const header = await readHeader(metadata, options.signal)
  const data = await openDataFile(source, header, options)
  const backing = await openBackingFile(source, header, options)
  const { version, compression, extendedL2, snapshotCount, backingFile, dataFile } = header
  return {
    version,
    clusterBytes: 2 ** header.clusterBits,
    compression,
    extendedL2,
    snapshotCount,
    ...(backingFile === undefined ? {} : { backingFile }),
    ...(dataFile === undefined ? {} : { dataFile }),
    warnings: await warningsOf(metadata, header, options.signal),
    source: diskOf(source, metadata, header, data, backing, options.decompress),
  }
}

async function openDataFile(
  source: ByteSource,
  header: Header,
  options: OpenQcow2Options,
): Promise<ByteSource> {
  const name = header.dataFile
  if (name === undefined) return source
  if (options.openOther === undefined || name === '') {
    throw raise('QCOW2_DATA_FILE_REFUSED', { source: source.name, name })
  }
  return options.openOther({ name, use: 'dataFile', format: 'raw' })
}

async function openBackingFile(
  source: ByteSource,
  header: Header,
  options: OpenQcow2Options,
): Promise<ByteSource | undefined> {
  if (header.backingFile === undefined) return undefined
  const { name, format } = header.backingFile
  if (options.openOther === undefined) {
    throw raise('QCOW2_BACKING_FILE_REFUSED', { source: source.name, name })
  }
  if (format === undefined) throw raise('QCOW2_BACKING_FORMAT_MISSING', { source: source.name, name })
  return options.openOther({ name, use: 'backingFile', format })
}

async function warningsOf(
  metadata: ByteSource,
  header: Header,
  signal: AbortSignal | undefined,
): Promise<readonly ReaderWarning[]> {
  const source = metadata.name
  const warnings: ReaderWarning[] = []
  if (await isCutShort(metadata, header, signal)) {
    warnings.push({
      code: 'QCOW2_CUT_SHORT',
      message: `qcow2 "${source}" ends at byte ${metadata.size}, and what lies behind that is missing`,
    })
  }
  if (header.dirty) {
    warnings.push({
      code: 'QCOW2_DIRTY',
      message: `qcow2 "${source}" was not closed cleanly; its data is read as it is`,
    })
  }
  if (header.snapshotCount > 0) {
    const message = `qcow2 "${source}" has ${header.snapshotCount} internal snapshots; the disk as it is now is read`
    warnings.push({ code: 'QCOW2_SNAPSHOTS', message })
  }
  return warnings
}

function diskOf(
  source: ByteSource,
  metadata: ByteSource,
  header: Header,
  data: ByteSource,
  backing: ByteSource | undefined,
  decompress: Decompress,
): ByteSource {
  const map = clusterMap(metadata, header, data.size)
  const compressed = compressedClusters(source, map.clusterBytes, header.compression, decompress)

  /** The part of a hole that the backing file covers: behind its end are zeros. */
  const shownLength = (run: Run): number =>
    backing === undefined ? 0 : Math.max(0, Math.min(run.lengthBytes, backing.size - run.offsetBytes))

  return {
    size: header.sizeBytes,
    name: source.name,
    async read(offset, length, signal) {
      checkRange(this, offset, length)
      signal?.throwIfAborted()
      const runs: Run[] = []
      for await (const batch of map.runs(offset, length, signal)) for (const run of batch) runs.push(run)
      const [only] = runs
      if (runs.length === 1 && only?.kind === 'data') return data.read(only.hostOffsetBytes, length, signal)
      const out = new Uint8Array(length)
      const work: Promise<void>[] = []
      const fill = (from: ByteSource, at: number, lengthBytes: number, outAt: number): void => {
        work.push(from.read(at, lengthBytes, signal).then((bytes) => out.set(bytes, outAt)))
      }
      for (const run of runs) {
        const outAt = run.offsetBytes - offset
        if (run.kind === 'data') fill(data, run.hostOffsetBytes, run.lengthBytes, outAt)
        const shown = run.kind === 'hole' ? shownLength(run) : 0
        if (shown > 0 && backing !== undefined) fill(backing, run.offsetBytes, shown, outAt)
      }
      const packed = runs.filter((run) => run.kind === 'compressed')
      if (packed.length > 0) work.push(compressed.readInto(packed, out, offset, signal))
      await Promise.all(work)
      return out
    },
    /** From the tables alone; holes are what the backing file says, or zeros. */
    async *extents(offset, length, signal): AsyncGenerator<Extent, void, undefined> {
      checkRange(this, offset, length)
      for await (const batch of map.runs(offset, length, signal)) {
        for (const run of batch) {
          const { offsetBytes, lengthBytes } = run
          if (run.kind === 'data' || run.kind === 'compressed') {
            yield { offsetBytes, lengthBytes, kind: 'data' }
            continue
          }
          const shown = run.kind === 'hole' ? shownLength(run) : 0
          if (shown > 0 && backing !== undefined) {
            yield* clipExtents(extentsOf(backing, offsetBytes, shown, signal), offsetBytes, shown)
          }
          if (lengthBytes > shown) {
            yield { offsetBytes: offsetBytes + shown, lengthBytes: lengthBytes - shown, kind: 'zero' }
          }
        }
      }
    },
    /** In the file itself, in the data file, and where the backing file has its own. */
    async *places(offset, length, signal): AsyncGenerator<Place, void, undefined> {
      checkRange(this, offset, length)
      for await (const batch of map.runs(offset, length, signal)) {
        for (const run of batch) {
          const { kind, offsetBytes, lengthBytes, hostOffsetBytes, hostLengthBytes } = run
          if (kind === 'data') {
            const stored = placesOf(data, hostOffsetBytes, lengthBytes, signal)
            yield* shiftPlaces(stored, offsetBytes - hostOffsetBytes)
          } else if (kind === 'compressed') {
            yield {
              kind: 'packed',
              offsetBytes,
              lengthBytes,
              codec: header.compression === 'zstd' ? 'zstd' : 'deflate',
              source,
              sourceOffsetBytes: hostOffsetBytes,
              sourceLengthBytes: hostLengthBytes,
              unitBytes: map.clusterBytes,
              unitOffsetBytes: offsetBytes % map.clusterBytes,
            }
          } else {
            const shown = kind === 'hole' ? shownLength(run) : 0
            if (shown > 0 && backing !== undefined) yield* placesOf(backing, offsetBytes, shown, signal)
            if (lengthBytes > shown) {
              yield { kind: 'zero', offsetBytes: offsetBytes + shown, lengthBytes: lengthBytes - shown }
            }
          }
        }
      }
    },
  }
}
