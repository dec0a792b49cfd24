export { buildImages, planImages } from './build-images.ts'
export type { BuildImagesOptions, BuildProgress, BuiltImage, PlannedImage } from './build-images.ts'
export { BUILD_ERRORS } from './errors.ts'
export {
  IMAGE_PREFIX,
  INPUTS_LABEL,
  defaultNames,
  findRecipe,
  imageReference,
  readRecipes,
} from './recipe.ts'
export type { ImageRecipe, RecipeBook } from './recipe.ts'
