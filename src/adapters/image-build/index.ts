export { buildImages, planImages } from './build-images.ts'
export type { BuildImagesOptions, BuildProgress, BuiltImage, PlannedImage } from './build-images.ts'
export { defaultNames, imageReference, readRecipes } from './recipe.ts'
export type { ImageRecipe, RecipeBook } from './recipe.ts'
