import { NEW_CLUSTER_BYTES, newQcow2 } from '../../formats/qcow2/index.ts'
import type { BaseFormat, StoredBase } from '../../contract/index.ts'
import type { MappedRange } from '../../image/convert/index.ts'
import { formatBlockMap } from '../../image/convert/index.ts'
import type { ConversionWorld, Digests } from '../../ports/index.ts'
import { streamBase, usedBytesOf } from './base-stream.ts'
import type { BaseJob, BasePiece } from './base-stream.ts'

const ZERO_CLUSTER = Buffer.alloc(NEW_CLUSTER_BYTES)

export type BaseOutput = Readonly<{
  name: string
  format: BaseFormat
  /** What of a raw base is digested: a block map alone, or also the whole file, free space and all. */
  digest: 'used blocks' | 'whole file'
  /** Called with what has been converted since the last call, in bytes in use. */
  onProgress: (usedBytes: number) => void
}>

export type WrittenBase = Omit<StoredBase, 'from' | 'holds'> &
  Readonly<{
    /** From the image, decompressed. */
    readBytes: number
    /** Into the file. */
    writtenBytes: number
  }>

/** Converts the base into its file, and writes its block map beside it. */
export async function writeBase(
  world: ConversionWorld,
  job: BaseJob,
  output: BaseOutput,
  signal: AbortSignal,
): Promise<WrittenBase> {
  const { mapped, ...written } = await writerOf(output, job)(world, job, output, signal)
  const text = formatBlockMap(job.sizeBytes, mapped, world.sha256)
  const file = `${output.name}.bmap`
  await (await world.folder.create(file, 0)).write(new TextEncoder().encode(text), 0)
  return {
    ...written,
    file: output.name,
    format: output.format,
    sizeBytes: job.sizeBytes,
    usedBytes: mapped.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0),
    blockMap: { file, sha256: world.sha256(text) },
  }
}

type Written = Readonly<{
  mapped: readonly MappedRange[]
  readBytes: number
  writtenBytes: number
  fileBytes?: number
}> &
  Partial<Digests>

type Writer = (
  world: ConversionWorld,
  job: BaseJob,
  output: BaseOutput,
  signal: AbortSignal,
) => Promise<Written>

function writerOf({ format, digest }: BaseOutput, { digests }: BaseJob): Writer {
  if (format === 'qcow2') return writeQcow2
  if (format === 'zstd') return writeZstd
  return digest === 'used blocks' || digests === 'none' ? writeRaw : writeRawDigested
}

/** The threads write into the file themselves. */
const writeRaw: Writer = async (world, job, { name, onProgress }, signal) => {
  const file = await world.folder.create(name, job.sizeBytes)
  const mapped: MappedRange[] = []
  let [readBytes, writtenBytes] = [0, 0]
  const { base, digests } = job
  const run = { base, use: 'write', outputPath: file.temporaryPath, ...(digests && { digests }) } as const
  for await (const result of world.chunks.convert(run, job.chunks, signal)) {
    for (const range of result.mapped) mapped.push(range)
    readBytes += result.readBytes
    writtenBytes += result.writtenBytes
    onProgress(usedBytesOf(result.chunk))
  }
  return { mapped, readBytes, writtenBytes }
}

/** All of it passes the digests in order, free space too; what is zero stays a hole in the file. */
const writeRawDigested: Writer = async (world, job, output, signal) => {
  const file = await world.folder.create(output.name, job.sizeBytes)
  await using digest = world.streamDigest()
  let writtenBytes = 0
  const tally = await eachPiece(
    world,
    job,
    output,
    'bytes',
    signal,
    async ({ bytes, offsetBytes, lengthBytes }) => {
      if (bytes === undefined) return digest.updateZeros(lengthBytes)
      writtenBytes += await file.writeSparse(bytes, offsetBytes)
      await digest.update(bytes)
    },
  )
  return { ...tally, writtenBytes, ...(await digest.end()) }
}

/** One frame a piece, those of zeros all alike: `zstd -d` gives the raw base. */
const writeZstd: Writer = async (world, job, output, signal) => {
  const file = await world.folder.create(output.name, 0)
  await using digest = job.digests === 'none' ? undefined : world.streamDigest()
  const zeroFrames = new Map<number, Uint8Array<ArrayBuffer>>()
  let fileBytes = 0
  const tally = await eachPiece(world, job, output, 'zstd', signal, async ({ bytes, lengthBytes }) => {
    const frame = bytes ?? zeroFrames.get(lengthBytes) ?? (await world.zstdOfZeros(lengthBytes))
    if (bytes === undefined) zeroFrames.set(lengthBytes, frame)
    await file.write(frame, fileBytes)
    fileBytes += frame.length
    await digest?.update(frame)
  })
  return { ...tally, writtenBytes: fileBytes, fileBytes, ...(await digest?.end()) }
}

/**
 * Clusters are appended as they come; the tables that say where they are follow them, and the header comes last. What is
 * zero is no cluster.
 */
const writeQcow2: Writer = async (world, job, output, signal) => {
  const file = await world.folder.create(output.name, 0)
  const clusters: number[] = []
  let fileBytes = NEW_CLUSTER_BYTES
  const tally = await eachPiece(world, job, output, 'sparse', signal, async ({ bytes, offsetBytes }) => {
    if (bytes === undefined) return
    for (let at = 0; at < bytes.length; at += NEW_CLUSTER_BYTES) {
      const cluster = bytes.subarray(at, at + NEW_CLUSTER_BYTES)
      if (isZero(cluster)) continue
      clusters.push((offsetBytes + at) / NEW_CLUSTER_BYTES)
      await file.write(cluster, fileBytes)
      fileBytes += NEW_CLUSTER_BYTES
    }
  })
  const { header, tables } = newQcow2(job.sizeBytes, clusters)
  await file.write(tables, fileBytes)
  await file.write(header, 0)
  fileBytes += tables.length
  return { ...tally, writtenBytes: fileBytes, fileBytes }
}

function isZero(bytes: Uint8Array): boolean {
  return Buffer.compare(bytes, ZERO_CLUSTER.subarray(0, bytes.length)) === 0
}

async function eachPiece(
  world: ConversionWorld,
  job: BaseJob,
  output: BaseOutput,
  use: 'bytes' | 'sparse' | 'zstd',
  signal: AbortSignal,
  take: (piece: BasePiece) => Promise<void>,
): Promise<Readonly<{ mapped: readonly MappedRange[]; readBytes: number }>> {
  const mapped: MappedRange[] = []
  let readBytes = 0
  for await (const piece of streamBase(world.chunks, job, use, signal)) {
    await take(piece)
    for (const range of piece.mapped) mapped.push(range)
    readBytes += piece.readBytes
    output.onProgress(piece.mapped.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0))
  }
  return { mapped, readBytes }
}
