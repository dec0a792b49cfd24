import { dockerEngine } from '../src/adapters/docker/index.ts'
import { buildImages } from '../src/adapters/image-build/index.ts'
import type { BuiltImage } from '../src/adapters/image-build/index.ts'
import { engineSocket, startEngine } from './engine.ts'
import { recipeBook } from './image-recipe.ts'
import { withLock } from './lock.ts'
import { ensurePackages } from './packages.ts'
import { labPath } from './paths.ts'
import { say } from './run.ts'

export type { BuiltImage }

/**
 * The images of these names in the outer engine, built (as `anneal node build` does) where they are missing or where
 * their inputs changed. Names are those of images/images.json and lab/images/images.json.
 */
export async function ensureImages(names: readonly string[]): Promise<readonly BuiltImage[]> {
  await ensurePackages()
  await startEngine()
  return buildImages(dockerEngine({ socketPath: engineSocket() }), recipeBook(), names, {
    onProgress: ({ image, line }) => {
      if (/^buil(t|ding)\b/.test(line)) say(`${image}: ${line}`)
    },
    exclusively: (image, work) =>
      withLock(labPath('images', `${image.replaceAll(/[^\w.-]/g, '_')}.lock`), work),
  })
}
