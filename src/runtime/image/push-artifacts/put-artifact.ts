import {
  EMPTY_CONFIG,
  EMPTY_CONFIG_BYTES,
  INDEX_TYPE,
  MANIFEST_TYPE,
  artifactIndex,
  artifactManifest,
} from '../../../formats/oci/index.ts'
import type { Artifact } from '../../../formats/oci/index.ts'
import type {
  ArtifactRepository,
  BlobReader,
  ChunkConverter,
  Clock,
  ScratchFile,
  StreamDigest,
} from '../../../ports/index.ts'
import type { ArtifactsPushed, ArtifactStep, ArtifactWishes, PushedArtifact } from './pushed-artifacts.ts'

export type ArtifactWorld = Readonly<{
  repository: ArtifactRepository
  chunks: ChunkConverter
  streamDigest: () => StreamDigest & AsyncDisposable
  /** In hex, of a text. */
  sha256: (text: string) => string
  scratch: () => Promise<ScratchFile>
  clock: Clock
}>

export type FileOfArtifact = Readonly<{
  role: PushedArtifact['role']
  /** Of what it holds. */
  sizeBytes: number
  blobBytes: number
  read: BlobReader
  artifact: Omit<Artifact, 'blob'>
}>

type Listed = Readonly<{ digest: string; sizeBytes: number; artifact: Artifact }>

/** Puts files into a repository, each by its digest, and at last the index of them. */
export class ArtifactPut {
  readonly #world: ArtifactWorld
  readonly #wishes: ArtifactWishes
  readonly #tell: (step: ArtifactStep) => void
  readonly #signal: AbortSignal
  readonly #artifacts: PushedArtifact[] = []
  readonly #listed: Listed[] = []

  constructor(
    world: ArtifactWorld,
    wishes: ArtifactWishes,
    tell: (step: ArtifactStep) => void,
    signal: AbortSignal,
  ) {
    this.#world = world
    this.#wishes = wishes
    this.#tell = tell
    this.#signal = signal
  }

  async file({ role, sizeBytes, blobBytes, read, artifact: described }: FileOfArtifact): Promise<void> {
    const { repository, clock } = this.#world
    const { mode } = this.#wishes
    const startedAt = clock.monotonic()
    const blob = { digest: await this.#digest(read), sizeBytes: blobBytes }
    const artifact = { ...described, blob }
    const manifest = artifactManifest(artifact)
    const digest = `sha256:${this.#world.sha256(manifest)}`
    const isThere = await repository.hasBlob(blob.digest, this.#signal)
    if (mode === 'apply') {
      if (!isThere) await this.#blob({ ...blob, read }, role)
      await this.#manifest(digest, manifest)
    }
    const outcome = isThere ? 'kept' : mode === 'plan' ? 'would be uploaded' : 'uploaded'
    const pushed: PushedArtifact = {
      role,
      title: artifact.title,
      diskType: artifact.diskType,
      reference: `oci://${repository.name}@${digest}`,
      blob: blob.digest,
      outcome,
      sizeBytes,
      blobBytes,
      sentBytes: outcome === 'uploaded' ? blobBytes : 0,
      tookMs: outcome === 'uploaded' ? clock.monotonic() - startedAt : 0,
    }
    this.#tell({ event: 'artifact', ...pushed })
    this.#artifacts.push(pushed)
    this.#listed.push({ digest, sizeBytes: lengthOf(manifest), artifact })
  }

  /** The tag is set here, and leads to what is there already. */
  async index(annotations: Artifact['annotations']): Promise<ArtifactsPushed> {
    const { repository } = this.#world
    const { tag, platform, mode } = this.#wishes
    const index = artifactIndex(this.#listed, { annotations, ...(platform && { platform }) })
    const digest = `sha256:${this.#world.sha256(index)}`
    const before = await repository.manifest(tag, this.#signal)
    if (mode === 'apply' && before?.digest !== digest) {
      await repository.putManifest(tag, INDEX_TYPE, bytesOf(index), this.#signal)
    }
    return {
      artifacts: this.#artifacts,
      digest,
      tag,
      ...(before !== undefined && { tagWas: before.digest }),
    }
  }

  async #blob(
    blob: Readonly<{ digest: string; sizeBytes: number; read: BlobReader }>,
    role: PushedArtifact['role'],
  ): Promise<void> {
    const { sizeBytes } = blob
    const onSent = (sentBytes: number): void => this.#tell({ event: 'sent', role, sentBytes, sizeBytes })
    await this.#world.repository.putBlob(blob, onSent, this.#signal)
  }

  async #manifest(digest: string, manifest: string): Promise<void> {
    const { repository } = this.#world
    if ((await repository.manifest(digest, this.#signal)) !== undefined) return
    if (!(await repository.hasBlob(EMPTY_CONFIG.digest, this.#signal))) {
      const { digest: config, size: sizeBytes } = EMPTY_CONFIG
      const read: BlobReader = (fromByte) => oneOf(EMPTY_CONFIG_BYTES.subarray(fromByte))
      await repository.putBlob({ digest: config, sizeBytes, read }, () => undefined, this.#signal)
    }
    await repository.putManifest(digest, MANIFEST_TYPE, bytesOf(manifest), this.#signal)
  }

  async #digest(read: BlobReader): Promise<string> {
    await using digest = this.#world.streamDigest()
    for await (const bytes of read(0)) await digest.update(Uint8Array.from(bytes))
    return `sha256:${(await digest.end()).sha256}`
  }
}

async function* oneOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

function lengthOf(text: string): number {
  return bytesOf(text).length
}
