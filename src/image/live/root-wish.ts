import type { RootFormat } from './tree-form.ts'

/** Where the machine finds the root image: in its ramdisk, or at an http(s) address. */
export type RootPlace = Readonly<{ in: 'ramdisk' }> | Readonly<{ in: 'file'; url: string }>

/** What the root image of a live system shall be. */
export type RootWish = Readonly<{
  place: RootPlace
  format: RootFormat
  /** `verity`: the kernel compares each block with a hash tree of dm-verity, whose root hash is on the command line. */
  check: 'none' | 'verity'
}>

/** In the ramdisk; dracut takes a path for an image by how it ends. */
export const ROOT_IMAGE_NAME = 'live.img'
