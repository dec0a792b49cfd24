export { btrfs } from './compare.ts'
