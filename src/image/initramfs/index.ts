export { finderOf, unfindable } from './finders.ts'
export type { RootFinder } from './finders.ts'
export { readInitramfs } from './read-initramfs.ts'
export type { Initramfs, InitramfsCompression, InitramfsText, Unpack } from './read-initramfs.ts'
