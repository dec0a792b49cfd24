export { ext4Maker } from './ext4-maker.ts'
