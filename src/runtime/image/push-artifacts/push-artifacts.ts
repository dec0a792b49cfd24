import type { Artifact } from '../../../formats/oci/index.ts'
import type { BlobReader, ChunkConverter, ScratchFile } from '../../../ports/index.ts'
import { streamBase, tellProgress } from '../base-stream.ts'
import type { BaseJob } from '../base-stream.ts'
import type { Conversion } from '../convert-image.ts'
import { fileBytes, joinedFile } from '../file-bytes.ts'
import type { FileToStore } from '../file-bytes.ts'
import { packQcow2 } from '../pack-qcow2.ts'
import { describingProperties } from '../push/index.ts'
import { ArtifactPut } from './put-artifact.ts'
import type { ArtifactWorld, FileOfArtifact } from './put-artifact.ts'
import type { ArtifactsPushed, ArtifactStep, ArtifactWishes } from './pushed-artifacts.ts'

/**
 * Puts kernel, ramdisk and base of a conversion into a repository, each as an artifact, and an index of them under a tag.
 *
 * INVARIANTS: the tag is set last, when all that it leads to is there; a blob or manifest that is there already is not sent
 * again; what is sent is named by the SHA-256 that Anneal made of it before, and the registry refuses other bytes.
 */
export async function pushArtifacts(
  world: ArtifactWorld,
  conversion: Conversion,
  job: BaseJob,
  wishes: ArtifactWishes,
  tell: (step: ArtifactStep) => void,
  signal: AbortSignal,
): Promise<ArtifactsPushed> {
  const put = new ArtifactPut(world, wishes, tell, signal)
  const { kernel, ramdisk } = conversion
  const annotations = { ...describingProperties(conversion), ...wishes.properties }
  for (const [role, file] of Object.entries({ kernel, ramdisk })) {
    if (file === undefined) continue
    await put.file(
      bootFile(world, role as 'kernel' | 'ramdisk', file, { name: wishes.name, annotations }, signal),
    )
  }
  await using scratch = await world.scratch()
  const described = { ...wishes, annotations, wholeDisk: kernel === undefined }
  await put.file(await baseFile(world, job, scratch, described, tell, signal))
  return await put.index(annotations)
}

type Annotations = Artifact['annotations']

function bootFile(
  { chunks }: ArtifactWorld,
  role: 'kernel' | 'ramdisk',
  file: FileToStore,
  { name, annotations }: Readonly<{ name: string; annotations: Annotations }>,
  signal: AbortSignal,
): FileOfArtifact {
  const sizeBytes = joinedFile(file).size
  return {
    role,
    sizeBytes,
    blobBytes: sizeBytes,
    read: (fromByte) => after(fileBytes(file, chunks, signal), fromByte),
    artifact: { diskType: role, mediaType: BYTES, title: `${name}.${role}`, annotations },
  }
}

const BYTES = 'application/octet-stream'
const QCOW2 = 'application/x-qemu-disk'

/** A blob is named by its digest, which is known when all of it was made: so it lies in a file in between. */
async function baseFile(
  { chunks }: ArtifactWorld,
  job: BaseJob,
  scratch: ScratchFile,
  wishes: ArtifactWishes & Readonly<{ wholeDisk: boolean; annotations: Annotations }>,
  tell: (step: ArtifactStep) => void,
  signal: AbortSignal,
): Promise<FileOfArtifact> {
  const { diskFormat, compression, name, wholeDisk, annotations } = wishes
  const onProgress = tellProgress(job, (progress) => tell({ event: 'packed', role: 'base', ...progress }))
  const write: ScratchFile['write'] = (bytes, offsetBytes) => scratch.write(bytes, offsetBytes)
  const blobBytes =
    diskFormat === 'qcow2'
      ? (await packQcow2(chunks, job, { compression, write, onProgress }, signal)).fileBytes
      : await writeRaw(chunks, job, { write, onProgress }, signal)
  return {
    role: 'base',
    sizeBytes: job.sizeBytes,
    blobBytes,
    read: (fromByte) => scratch.read(fromByte),
    artifact: {
      // Ironic would write what it takes for a disk over the whole disk of a machine: a base is none.
      diskType: wholeDisk ? diskFormat : `base-${diskFormat}`,
      mediaType: diskFormat === 'qcow2' ? QCOW2 : BYTES,
      title: `${name}.${diskFormat}`,
      annotations: { ...annotations, anneal_size: String(job.sizeBytes) },
    },
  }
}

async function writeRaw(
  chunks: ChunkConverter,
  job: BaseJob,
  { write, onProgress }: Readonly<{ write: ScratchFile['write']; onProgress: (usedBytes: number) => void }>,
  signal: AbortSignal,
): Promise<number> {
  let end = 0
  for await (const piece of streamBase(chunks, job, 'bytes', signal)) {
    if (piece.bytes !== undefined) {
      await write(piece.bytes, piece.offsetBytes)
      end = piece.offsetBytes + piece.lengthBytes
    }
    onProgress(piece.mapped.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0))
  }
  // Behind the last byte in use all is zeros, up to the end.
  if (end < job.sizeBytes) await write(new Uint8Array(1), job.sizeBytes - 1)
  return job.sizeBytes
}

/** Without the first bytes. */
async function* after(
  pieces: AsyncIterable<Uint8Array>,
  fromByte: number,
): ReturnType<BlobReader> & AsyncGenerator<Uint8Array, void, undefined> {
  let left = fromByte
  for await (const piece of pieces) {
    if (left < piece.length) yield piece.subarray(left)
    left = Math.max(0, left - piece.length)
  }
}
