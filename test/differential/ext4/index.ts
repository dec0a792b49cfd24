export { ext4 } from './compare.ts'
