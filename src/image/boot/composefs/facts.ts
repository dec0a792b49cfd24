import type { FsVerityHash } from '../../../formats/fsverity/index.ts'

/** That a deployment's files are sealed in an image, whose contents are in an object store. */
export type ComposefsFacts = Readonly<{
  /** What deploys it so: ostree (`.ostree.cfs`), or bootc's composefs back end. */
  by: 'ostree' | 'bootc'
  /** As the system is configured, kernel arguments included: `no` boots the directory of the deployment instead. */
  enabled: 'yes' | 'no' | 'maybe' | 'verity' | 'signed'
  /** Paths of the EROFS image and of the directory of objects, in the file system that holds the deployment. */
  image: string
  objects: string
  /** Of its digests. */
  hash: FsVerityHash
  /** fs-verity digest of the image, measured; null where it cannot be read. */
  digest: string | null
  /** What it is said to be, and by whom: its name, or the commit. Null where nobody says it. */
  expected: Readonly<{ digest: string; by: string }> | null
}>
