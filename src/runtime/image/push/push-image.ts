import { canonicalJson } from '../../../core/index.ts'
import { formatBlockMap } from '../../../image/convert/index.ts'
import type { MappedRange } from '../../../image/convert/index.ts'
import type { NewImage, ScratchFile, StoredImage } from '../../../ports/index.ts'
import { streamBase, tellProgress } from '../base-stream.ts'
import type { BaseJob } from '../base-stream.ts'
import { fileBytes } from '../file-bytes.ts'
import type { FileToStore } from '../file-bytes.ts'
import { packQcow2 } from '../pack-qcow2.ts'
import { byAge, findAlike } from './find-alike.ts'
import type { Alike } from './find-alike.ts'
import { CONTENT, ROLE, SET, STATE, isComplete, ourImages } from '../sets/index.ts'
import { describingProperties } from './properties.ts'
import type { Role } from '../sets/index.ts'
import type { PushSource, PushStep, PushWishes, PushWorld, Pushed, PushedImage } from './pushed.ts'
import { uploadImage } from './upload-image.ts'
import type { Piece, Upload } from './upload-image.ts'

/**
 * Puts kernel, ramdisk and base of a conversion into a store, the base last, and nothing that is there already.
 *
 * INVARIANTS: an image has its final name only after the store's digest of it was compared; a base only after the kernel
 * and ramdisk that it names; no image of another project, or that Anneal did not push, is changed; no image of another
 * push is removed that may be under way. Of pushes of one set that run beside each other the one whose base is whole first
 * stays; of two that are whole in the same moment the one that was created first. The others take back their base, and
 * give its id as theirs. Their kernels and ramdisks stay, as somebody may count on them: prune removes what nobody names.
 */
export async function pushImage(
  world: PushWorld,
  conversion: PushSource,
  job: BaseJob,
  wishes: PushWishes,
  tell: (step: PushStep) => void,
  signal: AbortSignal,
): Promise<Pushed> {
  const push = new Push(world, conversion, wishes, tell, signal)
  await push.lookAround()
  const kernel = await push.file('kernel', conversion.kernel)
  const ramdisk = await push.file('ramdisk', conversion.ramdisk)
  const base = await push.base(job, kernel, ramdisk)
  return {
    set: push.set,
    images: [kernel, ramdisk, base].filter((one) => one !== undefined),
    removed: push.removed,
  }
}

/** An image that was created and has not changed for so long belongs to a push that has ended. */
const STALE_MS = 3_600_000

class Push {
  readonly set: string
  readonly removed: { id: string; name: string }[] = []
  readonly #world: PushWorld
  readonly #wishes: PushWishes
  readonly #tell: (step: PushStep) => void
  readonly #signal: AbortSignal
  readonly #describing: Readonly<Record<string, string>>
  #ours: readonly StoredImage[] = []

  constructor(
    world: PushWorld,
    conversion: PushSource,
    wishes: PushWishes,
    tell: (step: PushStep) => void,
    signal: AbortSignal,
  ) {
    this.#world = world
    this.#wishes = wishes
    this.#tell = tell
    this.#signal = signal
    const { name, containerFormat, diskFormat, compression, visibility, properties } = wishes
    this.#describing = { ...describingProperties(conversion), ...properties }
    const { pieces, patches } = conversion.base
    // All that can be told without reading data: what is the same is one set, however often it is pushed.
    const made = {
      name,
      containerFormat,
      diskFormat,
      visibility,
      properties: this.#describing,
      ...(diskFormat === 'qcow2' && { compression }),
      pieces,
      patches: patches.map((one) => ({ ...one, bytes: Array.from(one.bytes) })),
    }
    this.set = world.sha256(canonicalJson(made)).slice(0, 32)
  }

  /** What is there, and away with what an interrupted push of this set has left. */
  async lookAround(): Promise<void> {
    const { store } = this.#world
    const found = await ourImages(store)
    this.#ours = found.filter(isComplete)
    for (const { id, name, status, updatedAt, protected: kept, properties } of found) {
      if (properties[SET] !== this.set || properties[STATE] !== 'uploading' || kept) continue
      // Somebody may be sending its bytes at this moment, or be about to.
      const isFresh = Date.parse(updatedAt) > this.#world.clock.now() - STALE_MS
      if (status === 'saving' || isFresh) this.#tell({ event: 'busy', id, name })
      else if (this.#wishes.mode === 'apply') {
        await store.remove(id)
        this.removed.push({ id, name })
        this.#tell({ event: 'removed', id, name })
      }
    }
  }

  /** A kernel or ramdisk is the same where its bytes are. */
  async file(role: 'kernel' | 'ramdisk', file: FileToStore | undefined): Promise<PushedImage | undefined> {
    if (file === undefined) return undefined
    const format = role === 'kernel' ? 'aki' : 'ari'
    const { sizeBytes, sha512 } = await this.#digestFile(file)
    const { name, visibility } = this.#wishes
    const same = this.#ours.find(
      (one) =>
        one.properties[ROLE] === role &&
        one.containerFormat === format &&
        one.visibility === visibility &&
        one.hash?.algorithm === 'sha512' &&
        one.hash.value === sha512,
    )
    if (same !== undefined) return this.#kept({ role, diskFormat: format, sizeBytes }, same)
    const image = {
      name: `${name}-${role}`,
      containerFormat: format,
      diskFormat: format,
      visibility,
      properties: this.#marks(role),
    }
    return this.#upload(
      { role, diskFormat: format, sizeBytes },
      image,
      { sizeBytes, pieces: this.#pieces(file) },
      { lastProperties: () => ({}) },
    )
  }

  /** A base is the same where its set, its kernel and ramdisk and what its blocks hold are. */
  async base(
    job: BaseJob,
    kernel: PushedImage | undefined,
    ramdisk: PushedImage | undefined,
  ): Promise<PushedImage> {
    const { name, containerFormat, diskFormat, visibility, mode, leastMemoryMib } = this.#wishes
    const about = { role: 'base', diskFormat, sizeBytes: job.sizeBytes } as const
    const links = {
      ...(kernel?.id === undefined ? {} : { kernel_id: kernel.id }),
      ...(ramdisk?.id === undefined ? {} : { ramdisk_id: ramdisk.id }),
    }
    const { chunks, sha256 } = this.#world
    const candidates = this.#ours.filter(
      ({ properties, sizeBytes }) =>
        properties[SET] === this.set &&
        properties[ROLE] === 'base' &&
        (diskFormat === 'qcow2' || sizeBytes === job.sizeBytes) &&
        properties['kernel_id'] === links.kernel_id &&
        properties['ramdisk_id'] === links.ramdisk_id,
    )
    // Only where it may be there already is all of it read beforehand.
    if (candidates.length > 0) {
      const mapped: MappedRange[] = []
      const run = { base: job.base, use: 'write' } as const
      for await (const result of chunks.convert(run, job.chunks, this.#signal)) {
        for (const range of result.mapped) mapped.push(range)
      }
      const content = sha256(formatBlockMap(job.sizeBytes, mapped, sha256))
      const same = candidates.find(({ properties }) => properties[CONTENT] === content)
      if (same !== undefined) return this.#kept(about, same)
    }
    const mapped: MappedRange[] = []
    const image = {
      name,
      containerFormat,
      diskFormat,
      visibility,
      properties: { ...this.#describing, ...links, ...this.#marks('base') },
      ...(leastMemoryMib === undefined ? {} : { minRamMb: leastMemoryMib }),
    }
    if (mode === 'plan') return this.#wouldUpload({ ...about, name })
    await using scratch = diskFormat === 'qcow2' ? await this.#world.scratch() : undefined
    const body = scratch === undefined ? this.#raw(job, mapped) : await this.#packed(job, mapped, scratch)
    const content = (): string => sha256(formatBlockMap(job.sizeBytes, mapped, sha256))
    const alike = (): Alike => ({
      set: this.set,
      content: content(),
      sizeBytes: scratch === undefined ? job.sizeBytes : undefined,
      kernel: kernel?.sha512,
      ramdisk: ramdisk?.sha512,
    })
    const pushed = await this.#upload(about, image, body, {
      lastProperties: () => ({ [CONTENT]: content() }),
      sameMeanwhile: (id) => findAlike(this.#world.store, alike(), id),
    })
    return pushed.outcome === 'uploaded' ? await this.#settle(pushed, alike()) : pushed
  }

  /** Two bases that became whole in the same moment have not seen each other before: now they do. */
  async #settle(mine: PushedImage, wanted: Alike): Promise<PushedImage> {
    const { store } = this.#world
    const id = mine.id ?? ''
    const [own, other] = await Promise.all([store.show(id), findAlike(store, wanted, id)])
    if (own === undefined || other === undefined || byAge(own, other) < 0) return this.#done(mine)
    if (own.protected) await store.change(id, { protected: false })
    await store.remove(id)
    return this.#kept(mine, other, mine.sentBytes)
  }

  /** As it is, free space as zeros. */
  #raw(job: BaseJob, mapped: MappedRange[]): Body {
    const stream = streamBase(this.#world.chunks, job, 'bytes', this.#signal)
    const pieces = async function* (): AsyncGenerator<Piece, void, undefined> {
      for await (const piece of stream) {
        for (const range of piece.mapped) mapped.push(range)
        yield piece
      }
    }
    return { sizeBytes: job.sizeBytes, pieces: pieces() }
  }

  /** A store wants to know how much comes, and that is known when all is packed. */
  async #packed(job: BaseJob, mapped: MappedRange[], scratch: ScratchFile): Promise<Body> {
    const options = {
      compression: this.#wishes.compression,
      write: (bytes: Uint8Array, offsetBytes: number) => scratch.write(bytes, offsetBytes),
      onProgress: tellProgress(job, (progress) => this.#tell({ event: 'packed', role: 'base', ...progress })),
    }
    const packed = await packQcow2(this.#world.chunks, job, options, this.#signal)
    for (const range of packed.mapped) mapped.push(range)
    const pieces = async function* (): AsyncGenerator<Piece, void, undefined> {
      for await (const bytes of scratch.read(0)) yield { lengthBytes: bytes.length, bytes }
    }
    return { sizeBytes: packed.fileBytes, pieces: pieces() }
  }

  #marks(role: Role): Readonly<Record<string, string>> {
    return { [SET]: this.set, [ROLE]: role, anneal_source: this.#describing['anneal_source'] ?? '' }
  }

  async #kept(
    { role, diskFormat, sizeBytes }: About,
    { id, name, hash, protected: kept }: StoredImage,
    sentBytes = 0,
  ): Promise<PushedImage> {
    const { mode, protection } = this.#wishes
    if (mode === 'apply' && protection === 'protected' && !kept) {
      await this.#world.store.change(id, { protected: true })
    }
    return this.#done({
      role,
      name,
      id,
      outcome: 'kept',
      diskFormat,
      sizeBytes,
      sentBytes,
      tookMs: 0,
      ...(hash?.algorithm === 'sha512' ? { sha512: hash.value } : {}),
    })
  }

  async #upload(
    { role, diskFormat, sizeBytes }: About,
    image: NewImage,
    body: Body,
    { lastProperties, sameMeanwhile = () => Promise.resolve(undefined) }: LastSteps,
  ): Promise<PushedImage> {
    const about = { role, name: image.name, diskFormat, sizeBytes } as const
    if (this.#wishes.mode === 'plan') return this.#wouldUpload(about)
    let sentBytes = 0
    const { id, digests, tookMs, same } = await uploadImage(
      this.#world,
      {
        image,
        ...body,
        lastProperties,
        sameMeanwhile,
        protection: this.#wishes.protection,
        onSent: (lengthBytes) => {
          sentBytes += lengthBytes
          this.#tell({ event: 'sent', role, sentBytes, sizeBytes: body.sizeBytes })
        },
      },
      this.#signal,
    )
    if (same !== undefined) return this.#kept(about, same, sentBytes)
    const uploaded = { ...about, id, outcome: 'uploaded', sentBytes, tookMs, sha512: digests.sha512 } as const
    return role === 'base' ? uploaded : this.#done(uploaded)
  }

  #wouldUpload(about: About & Readonly<{ name: string }>): PushedImage {
    return this.#done({ ...about, outcome: 'would be uploaded', sentBytes: 0, tookMs: 0 })
  }

  #done(image: PushedImage): PushedImage {
    this.#tell({ event: 'image', ...image })
    return image
  }

  async *#pieces(file: FileToStore): AsyncGenerator<Piece, void, undefined> {
    for await (const bytes of fileBytes(file, this.#world.chunks, this.#signal)) {
      yield { lengthBytes: bytes.length, bytes: Uint8Array.from(bytes) }
    }
  }

  async #digestFile(file: FileToStore): Promise<Readonly<{ sizeBytes: number; sha512: string }>> {
    await using digest = this.#world.streamDigest()
    let sizeBytes = 0
    for await (const bytes of fileBytes(file, this.#world.chunks, this.#signal)) {
      sizeBytes += bytes.length
      await digest.update(Uint8Array.from(bytes))
    }
    return { sizeBytes, sha512: (await digest.end()).sha512 }
  }
}

type About = Pick<PushedImage, 'role' | 'diskFormat' | 'sizeBytes'>

/** What is sent of an image. */
type Body = Pick<Upload, 'sizeBytes' | 'pieces'>

type LastSteps = Readonly<{
  lastProperties: Upload['lastProperties']
  sameMeanwhile?: Upload['sameMeanwhile']
}>
