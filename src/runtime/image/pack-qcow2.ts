import { NEW_CLUSTER_BYTES, layQcow2 } from '../../formats/qcow2/index.ts'
import type { CompressionType, PlacedCluster } from '../../formats/qcow2/index.ts'
import type { MappedRange } from '../../image/convert/index.ts'
import type { ChunkConverter } from '../../ports/index.ts'
import { usedBytesOf } from './base-stream.ts'
import type { BaseJob } from './base-stream.ts'

export type PackedQcow2 = Readonly<{
  /** Of the whole file. */
  fileBytes: number
  mapped: readonly MappedRange[]
  /** From the image. */
  readBytes: number
}>

const USE = { zlib: 'clustersByZlib', zstd: 'clustersByZstd' } as const

/**
 * Writes a base as a qcow2 file with compressed clusters: no free space, and no zeros. What `write` is not given of the file
 * has to read as zeros. The header comes last: a file without it is no image.
 */
export async function packQcow2(
  chunks: ChunkConverter,
  job: BaseJob,
  options: Readonly<{
    compression: CompressionType
    write: (bytes: Uint8Array, offsetBytes: number) => Promise<void>
    /** Called with what has been packed since the last call, in bytes in use. */
    onProgress?: (usedBytes: number) => void
  }>,
  signal: AbortSignal,
): Promise<PackedQcow2> {
  const { compression, write, onProgress } = options
  const placed: PlacedCluster[] = []
  const mapped: MappedRange[] = []
  let readBytes = 0
  let end = NEW_CLUSTER_BYTES
  const order = {
    base: job.base,
    use: USE[compression],
    ...(job.digests && { digests: job.digests }),
  } as const
  for await (const result of chunks.convert(order, job.chunks, signal)) {
    const { chunk, bytes, clusters = [] } = result
    // What follows one another is written at once.
    let run = { from: 0, to: 0, at: end }
    const flush = async (): Promise<void> => {
      if (bytes !== undefined && run.to > run.from) await write(bytes.subarray(run.from, run.to), run.at)
    }
    for (const { at, lengthBytes, form } of clusters) {
      const offsetBytes = form === 'packed' ? end : upToCluster(end)
      const cluster = (chunk.offsetBytes + at) / NEW_CLUSTER_BYTES
      placed.push({ cluster, offsetBytes, ...(form === 'packed' && { packedBytes: lengthBytes }) })
      if (offsetBytes !== end) {
        await flush()
        run = { from: run.to, to: run.to, at: offsetBytes }
      }
      run = { ...run, to: run.to + lengthBytes }
      end = offsetBytes + lengthBytes
    }
    await flush()
    for (const range of result.mapped) mapped.push(range)
    readBytes += result.readBytes
    onProgress?.(usedBytesOf(chunk))
  }
  const tablesStart = upToCluster(end) / NEW_CLUSTER_BYTES
  const { header, tables } = layQcow2({ sizeBytes: job.sizeBytes, compression }, placed, tablesStart)
  await write(tables, tablesStart * NEW_CLUSTER_BYTES)
  await write(header, 0)
  return { fileBytes: tablesStart * NEW_CLUSTER_BYTES + tables.length, mapped, readBytes }
}

function upToCluster(offsetBytes: number): number {
  return Math.ceil(offsetBytes / NEW_CLUSTER_BYTES) * NEW_CLUSTER_BYTES
}
