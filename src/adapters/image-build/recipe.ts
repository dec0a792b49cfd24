import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { raise } from './errors.ts'

/** One entry of an images.json: an image built from a folder, or made by a script that writes a root tar. */
export type ImageRecipe = Readonly<{
  /** `name:tag`, below `localhost/anneal/`. */
  name: string
  about: string
  /** Build context, relative to the recipes' root. */
  folder?: string
  /** Name of the image it is built on; `base:bookworm` where absent. */
  base?: string
  /** Script writing the root file system's tar to stdout, relative to the recipes' root. */
  make?: string
  /** Build arguments; the environment of a script. */
  arguments?: Readonly<Record<string, string>>
  /** Built where it is named, and not with all others. */
  onlyByName?: boolean
}>

/** Recipes with the directory their paths are relative to. */
export type RecipeBook = Readonly<{ root: string; recipes: readonly ImageRecipe[] }>

/** A registry name that no engine would ever ask the internet for, the same under Docker and Podman. */
const IMAGE_PREFIX = 'localhost/anneal/'
/** Label: hash of all that went into the image. */
export const INPUTS_LABEL = 'io.anneal.inputs'
/** Where an image says its versions, one `label=value` a line, read from the packages it holds. */
export const LABELS_FILE = '/usr/lib/anneal/labels'
export const BASE_RECIPE = 'base:bookworm'

/** Recipes of Anneal itself: `images/` beside `src/`. `more` are further images.json files below the same root. */
export function readRecipes(more: readonly string[] = []): RecipeBook {
  const root = join(import.meta.dirname, '..', '..', '..')
  const recipes = ['images/images.json', ...more].flatMap(
    (file) => JSON.parse(readFileSync(join(root, file), 'utf8')) as readonly ImageRecipe[],
  )
  return { root, recipes }
}

export function imageReference(name: string): string {
  return name.startsWith(IMAGE_PREFIX) ? name : `${IMAGE_PREFIX}${name}`
}

/** `nova-libvirt:bookworm`, `localhost/anneal/nova-libvirt:bookworm`; a name without tag means `:bookworm`. */
export function findRecipe(book: RecipeBook, name: string): ImageRecipe {
  const short = name.startsWith(IMAGE_PREFIX) ? name.slice(IMAGE_PREFIX.length) : name
  const full = short.includes(':') ? short : `${short}:bookworm`
  const found = book.recipes.find((candidate) => candidate.name === full)
  if (found === undefined) throw raise('RECIPE_UNKNOWN', { name, known: book.recipes.map((one) => one.name) })
  return found
}

/** What is built where no image is named. */
export function defaultNames(book: RecipeBook): readonly string[] {
  return book.recipes.filter((one) => one.onlyByName !== true).map((one) => one.name)
}

export type InputFile = Readonly<{ path: string; executable: boolean; content: Uint8Array }>

/** Hash over what decides an image's content as far as the recipe does: files, arguments, the base's hash. */
export function inputsHash(target: ImageRecipe, baseHash: string, files: readonly InputFile[]): string {
  const hash = createHash('sha256')
  hash.update(`${baseHash}\0${JSON.stringify(target.arguments ?? {})}\0`)
  for (const file of files) {
    hash.update(`${file.path}\0${file.executable ? 'x' : '-'}\0${file.content.length}\0`)
    hash.update(file.content)
  }
  return hash.digest('hex')
}

/** A file, or all files below a folder, in a stable order; paths begin with `/` and are relative to it. */
export function inputFiles(root: string): readonly InputFile[] {
  const files = statSync(root).isDirectory()
    ? readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort()
    : [root]
  return files.map((file) => ({
    path: file.slice(root.length),
    executable: (statSync(file).mode & 0o111) !== 0,
    content: readFileSync(file),
  }))
}

/** Lines `label=value`; anything else is left out. */
export function parseLabels(text: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {}
  for (const line of text.split('\n')) {
    const match = /^([a-z0-9.-]+)=(.+)$/.exec(line.trim())
    if (match?.[1] !== undefined && match[2] !== undefined) labels[match[1]] = match[2]
  }
  return labels
}
