import {
  buildImages as build,
  defaultNames,
  planImages,
  readRecipes,
} from '../../../adapters/image-build/index.ts'
import type { BuildProgress, BuiltImage, PlannedImage } from '../../../adapters/image-build/index.ts'
import type { Engine } from '../../../ports/index.ts'

export type BuildOptions = Readonly<{
  /** An image to build on, instead of one made with mmdebstrap. */
  base?: string
  onProgress?: BuildProgress
  signal?: AbortSignal
}>

/**
 * Builds the images of a compute node that are missing or whose inputs changed. Names are those of images/images.json;
 * without names, all but those that are built by name only. Throws RECIPE_UNKNOWN and what says why a build failed.
 */
export function buildImages(
  engine: Engine,
  names: readonly string[],
  options: BuildOptions = {},
): Promise<readonly BuiltImage[]> {
  const book = readRecipes()
  return build(engine, book, names.length > 0 ? names : defaultNames(book), options)
}

/** What `buildImages` would find and build. Builds nothing. Throws RECIPE_UNKNOWN. */
export function previewBuild(
  engine: Engine,
  names: readonly string[],
  { base }: Pick<BuildOptions, 'base'> = {},
): Promise<readonly PlannedImage[]> {
  const book = readRecipes()
  return planImages(engine, book, names.length > 0 ? names : defaultNames(book), base)
}
