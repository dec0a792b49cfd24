import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pack } from 'tar-stream'
import { together } from '../../core/index.ts'
import type { Engine, ImageFacts } from '../../ports/index.ts'
import { raise } from './errors.ts'
import { makeBase } from './base-image.ts'
import type { BaseOptions } from './base-image.ts'
import {
  BASE_RECIPE,
  INPUTS_LABEL,
  LABELS_FILE,
  findRecipe,
  imageReference,
  inputFiles,
  inputsHash,
  parseLabels,
} from './recipe.ts'
import type { ImageRecipe, InputFile, RecipeBook } from './recipe.ts'
import { Slots } from './slots.ts'

export type BuiltImage = ImageFacts &
  Readonly<{ reference: string; /** 0 where nothing had to be built. */ builtInMs: number }>

export type BuildProgress = (event: Readonly<{ image: string; line: string }>) => void

export type BuildImagesOptions = Readonly<{
  /** How many at once: apt unpacks on one core each. */
  parallel?: number
  /** An image to build on instead of making the base with mmdebstrap. */
  base?: string
  onProgress?: BuildProgress
  /** Runs the work while nobody else builds this image. An image that is current is never waited for. */
  exclusively?: (image: string, work: () => Promise<BuiltImage>) => Promise<BuiltImage>
  signal?: AbortSignal
}>

/**
 * Builds the images of these names that are missing or whose inputs changed, on the engine's own API. An image is
 * current when its label holds the hash of its inputs; versions are labelled as the packages in it say them. The first that
 * fails ends the others.
 */
export async function buildImages(
  engine: Engine,
  book: RecipeBook,
  names: readonly string[],
  options: BuildImagesOptions = {},
): Promise<readonly BuiltImage[]> {
  const wanted = names.map((name) => findRecipe(book, name))
  // What others are built on goes first: those would wait for it.
  const bases = new Set(wanted.map((target) => target.base))
  const first = wanted.filter((target) => bases.has(target.name))
  const built = await together(options.signal, (signal) => {
    const ensure = ensurer(engine, book, { ...options, signal })
    return [...first, ...wanted].map((target) => ensure(target))
  })
  return built.slice(first.length)
}

/** Gives the function that brings one image up to date, and what it is built on before it; each once. */
function ensurer(
  engine: Engine,
  book: RecipeBook,
  options: BuildImagesOptions,
): (target: ImageRecipe) => Promise<BuiltImage> {
  const slots = new Slots(options.parallel ?? 2)
  const started = new Map<string, Promise<BuiltImage>>()
  const ensure = (target: ImageRecipe): Promise<BuiltImage> => {
    const running = started.get(target.name) ?? ensureWithBase(target)
    started.set(target.name, running)
    return running
  }
  const ensureWithBase = async (target: ImageRecipe): Promise<BuiltImage> => {
    const parent = parentOf(book, target, options.base)
    if (typeof parent === 'object') await ensure(parent)
    const reference = typeof parent === 'object' ? imageReference(parent.name) : parent
    const inputs = inputsOf(book, target, options.base)
    return slots.run(() => ensureImage(engine, book, target, inputs, reference, options))
  }
  return ensure
}

/** What an image is built on: another recipe, an image that the caller named, or nothing. */
function parentOf(
  book: RecipeBook,
  target: ImageRecipe,
  base: string | undefined,
): ImageRecipe | string | undefined {
  if (target.make !== undefined) return undefined
  if (target.base === undefined && base !== undefined) return base
  return findRecipe(book, target.base ?? BASE_RECIPE)
}

/** The hash of everything that an image is made of, those that it is built on too. */
function inputsOf(book: RecipeBook, target: ImageRecipe, base: string | undefined): string {
  const parent = parentOf(book, target, base)
  const below = typeof parent === 'object' ? inputsOf(book, parent, base) : (parent ?? '')
  return inputsHash(target, below, inputFiles(join(book.root, target.folder ?? target.make ?? '')))
}

/** An image that `buildImages` would bring up to date. */
export type PlannedImage = Readonly<{
  reference: string
  /** `changed`: the engine has it, made from other inputs. */
  state: 'current' | 'changed' | 'missing'
}>

/** What `buildImages` would find, each image after the one that it is built on. Builds nothing. */
export async function planImages(
  engine: Pick<Engine, 'inspectImage'>,
  book: RecipeBook,
  names: readonly string[],
  base?: string,
): Promise<readonly PlannedImage[]> {
  const lineOf = (target: ImageRecipe): readonly ImageRecipe[] => {
    const parent = parentOf(book, target, base)
    return typeof parent === 'object' ? [...lineOf(parent), target] : [target]
  }
  const targets = new Set(names.flatMap((name) => lineOf(findRecipe(book, name))))
  const planned: PlannedImage[] = []
  for (const target of targets) {
    const reference = imageReference(target.name)
    const present = await engine.inspectImage(reference)
    const isCurrent = present?.labels[INPUTS_LABEL] === inputsOf(book, target, base)
    planned.push({ reference, state: present === undefined ? 'missing' : isCurrent ? 'current' : 'changed' })
  }
  return planned
}

async function ensureImage(
  engine: Engine,
  book: RecipeBook,
  target: ImageRecipe,
  inputs: string,
  parent: string | undefined,
  options: BuildImagesOptions,
): Promise<BuiltImage> {
  // It may have waited for its turn while another one failed.
  options.signal?.throwIfAborted()
  const reference = imageReference(target.name)
  const current = async (): Promise<BuiltImage | undefined> => {
    const present = await engine.inspectImage(reference)
    return present?.labels[INPUTS_LABEL] === inputs ? { ...present, reference, builtInMs: 0 } : undefined
  }
  const present = await current()
  if (present !== undefined) return present
  const exclusively = options.exclusively ?? ((_, work) => work())
  return exclusively(
    target.name,
    // Somebody else may have built it while this one waited.
    async () => (await current()) ?? makeImage(engine, book, target, inputs, parent, options),
  )
}

async function makeImage(
  engine: Engine,
  book: RecipeBook,
  target: ImageRecipe,
  inputs: string,
  parent: string | undefined,
  options: BuildImagesOptions,
): Promise<BuiltImage> {
  const reference = imageReference(target.name)
  const tell = (line: string): void => options.onProgress?.({ image: target.name, line })
  const startedAt = performance.now()
  tell(`building: ${target.about}`)
  const built = await (target.make === undefined
    ? buildFolder(engine, book, target, inputs, parent, options)
    : buildBase(engine, join(book.root, target.make), reference, inputs, {
        ...(target.arguments === undefined ? {} : { arguments: target.arguments }),
        onWait: (line) => tell(`building: ${line}`),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      }))
  const builtInMs = performance.now() - startedAt
  tell(`built in ${(builtInMs / 1000).toFixed(1)} s`)
  return { ...built, reference, builtInMs }
}

async function buildFolder(
  engine: Engine,
  book: RecipeBook,
  target: ImageRecipe,
  inputs: string,
  parent: string | undefined,
  options: BuildImagesOptions,
): Promise<ImageFacts> {
  const reference = imageReference(target.name)
  const staged = await engine.buildImage(contextTar(inputFiles(join(book.root, target.folder ?? ''))), {
    tag: `${reference}.staged`,
    buildArgs: { ...target.arguments, ...(parent === undefined ? {} : { BASE: parent }) },
    networkMode: 'host',
    onOutput: (line) => options.onProgress?.({ image: target.name, line }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  // A label is only true when it is read from what is in the image: so it is added afterwards, without a layer.
  const said = await engine.runOnce(staged.id, {
    entrypoint: ['/bin/sh', '-c'],
    command: [`[ ! -e ${LABELS_FILE} ] || cat ${LABELS_FILE}`],
    // It takes a second at rest. An engine that is busy with other builds takes its time to start a container.
    timeoutMs: 600_000,
    user: 'root',
  })
  if (said.exitCode !== 0)
    throw raise('LABELS_UNREADABLE', { name: target.name, code: said.exitCode, output: said.stderr.trim() })
  return addLabels(engine, reference, { ...parseLabels(said.stdout), [INPUTS_LABEL]: inputs })
}

/** Only a base whose script succeeded gets the label that makes it current: a tar may be imported though it was cut short. */
async function buildBase(
  engine: Engine,
  script: string,
  reference: string,
  inputs: string,
  options: BaseOptions,
): Promise<ImageFacts> {
  await makeBase(engine, script, `${reference}.staged`, options)
  return addLabels(engine, reference, { [INPUTS_LABEL]: inputs })
}

/** Tags `REFERENCE.staged` as REFERENCE with labels: without a layer of its own. */
function addLabels(
  engine: Engine,
  reference: string,
  labels: Readonly<Record<string, string>>,
): Promise<ImageFacts> {
  const dockerfile = Buffer.from(`FROM ${reference}.staged\n`)
  return engine.buildImage(contextTar([{ path: '/Dockerfile', executable: false, content: dockerfile }]), {
    tag: reference,
    labels,
  })
}

/** Times are zero, so that the engine's build cache holds across checkouts. */
function contextTar(files: readonly InputFile[]): NodeJS.ReadableStream {
  const tar = pack()
  for (const { path, executable, content } of files) {
    tar.entry(
      { name: path.slice(1), mode: executable ? 0o755 : 0o644, mtime: new Date(0) },
      Buffer.from(content),
    )
  }
  tar.finalize()
  return Readable.from(tar)
}
