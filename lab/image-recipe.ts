import { defaultNames, imageReference, readRecipes } from '../src/adapters/image-build/index.ts'
import type { ImageRecipe, RecipeBook } from '../src/adapters/image-build/index.ts'

export { defaultNames, imageReference }
export type { ImageRecipe }

/** Anneal's own images and those of the test bed. */
export function recipeBook(): RecipeBook {
  return readRecipes(['lab/images/images.json'])
}

export function recipes(): readonly ImageRecipe[] {
  return recipeBook().recipes
}
