/** What Anneal remembers of an image by its properties. The one that makes an image ours is `anneal_set`. */
export const SET = 'anneal_set'
export const ROLE = 'anneal_role'
export const STATE = 'anneal_state'
/** SHA-256 of the block map of a base. */
export const CONTENT = 'anneal_content'

export type Role = 'kernel' | 'ramdisk' | 'base'

/** `uploading` until the bytes have been compared; an image in that state is nobody's to use. */
export type State = 'uploading' | 'complete'
