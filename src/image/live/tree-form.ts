/** What the file system can keep that is made of the archive of a tree, and how its program reads archives. */
export type TreeForm = Readonly<{
  /** Whether the root directory has an entry of its own, `./`. */
  root: 'entry' | 'none'
  /** `filled`: holes of files are zeros in the archive. */
  holes: 'kept' | 'filled'
  /** Names of extended attributes that are kept. */
  attributes: RegExp
  /** Of times, in seconds since 1970. */
  latestSeconds: number
}>

/** mksquashfs takes no entry of the root, and would warn of other name spaces one by one. */
export const SQUASHFS_FORM: TreeForm = {
  root: 'none',
  holes: 'kept',
  attributes: /^(?:user|trusted|security)\.(?!.*=)/,
  latestSeconds: 2 ** 32 - 1,
}

/** ext4 keeps access control lists, and times in 34 bits, of which Linux gives the first half to the time before 1970. */
export const EXT4_FORM: TreeForm = {
  root: 'entry',
  holes: 'kept',
  attributes: /^(?:(?:user|trusted|security)\.(?!.*=)|system\.posix_acl_(?:access|default)$)/,
  latestSeconds: 15_032_385_535,
}
