export type Family =
  | 'partition table'
  | 'physical volume'
  | 'file system'
  | 'swap'
  | 'encrypted'
  /** Holds other devices' content in a form of its own: RAID, caches, … */
  | 'container'

/** One signature that a source has. */
export type Found = Readonly<{
  /** As blkid says: `ext4` (for ext2 and ext3, too), `xfs`, `vfat`, `LVM2_member`, `gpt`, `dos`, `crypto_LUKS`, … */
  type: string
  family: Family
  /** '' where it has none, or where only the reader knows. */
  label: string
  uuid: string
}>
