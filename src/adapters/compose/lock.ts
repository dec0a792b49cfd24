import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { isAnnealError, systemReason } from '../../core/index.ts'
import type { Digest } from '../../core/index.ts'
import type { Finding } from '../../node/index.ts'
import type { Release, ReleaseDraft } from '../../node/release/index.ts'
import {
  escapeDollars,
  fullImageName,
  isPinned,
  lintRelease,
  pinnedReference,
  sealRelease,
} from '../../node/release/index.ts'
import type { ImageFacts, Images, PullProgress } from '../../ports/index.ts'
import { raise } from './errors.ts'
import { directoryOf } from './files.ts'
import { draftFromText, loadDraft, refuseSecrets } from './load.ts'
import type { LoadOptions, LoadedDraft } from './load.ts'
import { LOCK_HEADER, pinText } from './pin-text.ts'

export type LockOptions = LoadOptions &
  Readonly<{
    digest: Digest
    /** `missing`: the engine's own image where it has one. `always`: the registry is asked for a newer one. */
    pull: 'missing' | 'always'
    /** Where the locked file goes; beside the other one, by default. */
    output?: string
    onProgress?: (progress: PullProgress) => void
    signal?: AbortSignal
  }>

/** What locking needs of an engine. */
export type ImageSource = Images

export type PinnedImage = Readonly<{
  services: readonly string[]
  image: string
  pinned: string
  /** Whether a registry knows it by this digest, or only this engine by its id. */
  by: 'digest' | 'id'
}>

export type Locked = Readonly<{
  output: string
  text: string
  release: Release
  images: readonly PinnedImage[]
  findings: readonly Finding[]
}>

/**
 * Pins every image of a Compose file and replaces its variables, so that the result means the same on every node.
 * Writes nothing. Throws what loadDraft throws, LOCK_IMAGE_UNKNOWN, RELEASE_HOLDS_SECRETS, LOCK_MOVES_PATHS.
 */
export async function lock(file: string, engine: ImageSource, options: LockOptions): Promise<Locked> {
  const loaded = await loadDraft(file, options)
  const findings = lintRelease(loaded.draft, loaded.notices)
  refuseSecrets(file, findings)
  const images = await pinImages(loaded, engine, options)
  const pins = new Map(images.map(({ image, pinned }) => [image, pinned]))
  const text = pinText(loaded, pins)

  const output = options.output ?? lockedName(file)
  // The proof that nothing but the images changed: read it again, where it will lie. No variable may be left in it.
  const again = await draftFromText(text, {
    file: output,
    directory: directoryOf(output),
    lookup: loaded.lookup,
  })
  assert.ok(again.replacements.every(({ before, after }) => before === escapeDollars(after)))
  if (!isDeepStrictEqual(again.draft, withPins(loaded.draft, pins)))
    throw raise('LOCK_MOVES_PATHS', { output, file })
  return { output, text, release: sealRelease(again.draft, options.digest, output), images, findings }
}

/** What `lock` and `writeLocked` would do. `pulls` are images that the engine would have to pull first. */
export type LockPreview = Readonly<{ output: string; pulls: readonly string[]; locked: Locked | undefined }>

/**
 * Pulls nothing and writes nothing. `locked` is undefined where an image has to be pulled: its digest is not known yet.
 * Throws what `lock` throws, and COMPOSE_FILE_EXISTS.
 */
export async function previewLock(
  file: string,
  engine: ImageSource,
  options: LockOptions,
): Promise<LockPreview> {
  const loaded = await loadDraft(file, options)
  refuseSecrets(file, lintRelease(loaded.draft, loaded.notices))
  const output = options.output ?? lockedName(file)
  await refuseToReplace(output)
  const pulls: string[] = []
  for (const image of new Set(loaded.draft.services.map((service) => service.image))) {
    if (isPinned(image)) continue
    if (!mayUseHeld(image, await engine.inspectImage(image), options)) pulls.push(image)
  }
  return { output, pulls, locked: pulls.length > 0 ? undefined : await lock(file, engine, options) }
}

/** Writes a locked file whole or not at all. Throws COMPOSE_FILE_EXISTS rather than overwrite anything but its like. */
export async function writeLocked({ output, text }: Pick<Locked, 'output' | 'text'>): Promise<void> {
  const temporary = join(dirname(output), `.${basename(output)}.${randomBytes(4).toString('hex')}`)
  try {
    await refuseToReplace(output)
    const handle = await open(temporary, 'wx', 0o644)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, output)
  } catch (error) {
    await rm(temporary, { force: true })
    if (isAnnealError(error)) throw error
    throw raise('COMPOSE_FILE_UNWRITABLE', { file: output, reason: systemReason(error) }, error)
  }
}

async function refuseToReplace(output: string): Promise<void> {
  const before = await readFile(output, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (before !== undefined && !before.startsWith(LOCK_HEADER))
    throw raise('COMPOSE_FILE_EXISTS', { file: output })
}

/** `compose.yaml` → `compose.locked.yaml`; a locked file keeps its name. */
export function lockedName(file: string): string {
  const match = /^(.*?)(?:\.locked)?(\.ya?ml)?$/s.exec(file)
  return `${match?.[1] ?? file}.locked${match?.[2] ?? '.yaml'}`
}

async function pinImages(
  loaded: LoadedDraft,
  engine: ImageSource,
  options: LockOptions,
): Promise<readonly PinnedImage[]> {
  const users = Map.groupBy(loaded.draft.services, (service) => service.image)
  const pinned: PinnedImage[] = []
  for (const [image, using] of users) {
    if (isPinned(image)) continue
    const services = using.map((service) => service.name)
    const facts = await findImage(engine, image, services, options)
    const pin = pinnedReference(image, facts)
    pinned.push({ services, image, pinned: pin, by: pin === facts.id ? 'id' : 'digest' })
  }
  return pinned
}

async function findImage(
  engine: ImageSource,
  image: string,
  services: readonly string[],
  options: LockOptions,
): Promise<ImageFacts> {
  const held = await engine.inspectImage(image)
  if (held !== undefined && mayUseHeld(image, held, options)) return held
  try {
    const { onProgress, signal } = options
    return await engine.pullImage(image, {
      ...(onProgress === undefined ? {} : { onProgress }),
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (error) {
    // An image that was only ever built here has no newer one anywhere.
    if (held !== undefined && held.repoDigests.length === 0) return held
    throw raise('LOCK_IMAGE_UNKNOWN', { image, services }, error)
  }
}

/** Whether the engine's own image is taken, and no registry is asked. */
function mayUseHeld(
  image: string,
  held: ImageFacts | undefined,
  { pull }: Pick<LockOptions, 'pull'>,
): boolean {
  return held !== undefined && (pull === 'missing' || fullImageName(image).startsWith('localhost/'))
}

function withPins(draft: ReleaseDraft, pins: ReadonlyMap<string, string>): ReleaseDraft {
  return {
    ...draft,
    services: draft.services.map((service) => ({
      ...service,
      image: pins.get(service.image) ?? service.image,
    })),
  }
}
