/** A directory of an image, as `anneal image ls` found it; or the one file that was asked about. */
export type ImageListDocument = Readonly<{
  schema: 'anneal.image-list/1'
  /** Of the file system that was looked into: `p2`, `atomicos/root`. */
  address: string
  /** The directory of that file system that paths begin at: `/`, or that of an ostree deployment. */
  root: string
  /** By name. */
  entries: readonly ListedEntry[]
}>

export type ListedEntry = Readonly<{
  /** Bytes that are not UTF-8 show as U+FFFD. */
  name: string
  /** `file`, `directory`, `symlink`, `fifo`, `socket`, `block device` or `character device`. */
  kind: string
  /** Where a symbolic link leads, as it is written in it. */
  target?: string
  stat?: ListedStat
}>

export type ListedStat = Readonly<{
  /** Permission bits in octal, at least four digits: `0644`. */
  mode: string
  uid: number
  gid: number
  sizeBytes: number
  /** Hard links. */
  links: number
  /** Time of the last change of the content, RFC 3339. */
  modified: string
}>
