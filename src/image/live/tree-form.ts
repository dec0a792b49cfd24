/** What the file system can keep that is made of the archive of a tree, and how its program reads archives. */
export type TreeForm = Readonly<{
  /** For people: the file system, which attributes it keeps, and which times it cannot say. */
  name: string
  keeps: string
  otherTimes: string
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
const SQUASHFS_FORM: TreeForm = {
  name: 'squashfs',
  keeps: 'user., trusted. and security., and no access control lists',
  otherTimes: 'before 1970 or after 2106',
  root: 'none',
  holes: 'kept',
  attributes: /^(?:user|trusted|security)\.(?!.*=)/,
  latestSeconds: 2 ** 32 - 1,
}

/** ext4 keeps access control lists, and times in 34 bits, of which Linux gives the first half to the time before 1970. */
export const EXT4_FORM: TreeForm = {
  name: 'ext4',
  keeps: 'user., trusted. and security., and access control lists',
  otherTimes: 'before 1970 or after 2446',
  root: 'entry',
  holes: 'kept',
  attributes: /^(?:(?:user|trusted|security)\.(?!.*=)|system\.posix_acl_(?:access|default)$)/,
  latestSeconds: 15_032_385_535,
}

/** mkfs.erofs takes GNU tar's map of holes for content; runs of zeros it compresses to little. Its times have 64 bits. */
const EROFS_FORM: TreeForm = {
  name: 'EROFS',
  keeps: 'user., trusted. and security., and access control lists',
  otherTimes: 'before 1970',
  root: 'entry',
  holes: 'filled',
  attributes: EXT4_FORM.attributes,
  latestSeconds: Number.MAX_SAFE_INTEGER,
}

/** What a root image is made as. */
export type RootFormat = 'squashfs' | 'erofs'

export const ROOT_FORMS: Readonly<Record<RootFormat, TreeForm>> = {
  squashfs: SQUASHFS_FORM,
  erofs: EROFS_FORM,
}
