import { buildImages as build, defaultNames, readRecipes } from '../../../adapters/image-build/index.ts'
import type { BuildProgress, BuiltImage } from '../../../adapters/image-build/index.ts'
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
