export { espMaker } from './esp-maker.ts'
