/** What os-release(5) of a system says. An empty string stands for what it does not say. */
export type OsReleaseFacts = Readonly<{
  /** `ID`; `linux` where that is absent. */
  id: string
  /** `ID_LIKE`, a word each. */
  idLike: readonly string[]
  /** `NAME`; `Linux` where that is absent. */
  name: string
  version: string
  versionId: string
  prettyName: string
  variantId: string
  /** `OSTREE_VERSION`, or `IMAGE_VERSION` where that is absent. */
  imageVersion: string
}>

/**
 * A tree that ostree has checked out: `/ostree/deploy/<stateroot>/deploy/<commit>.<serial>`. Or a deployment of bootc's composefs
 * back end: `/state/deploy/<digest>`.
 */
export type OstreeDeployment = Readonly<{
  stateroot: string
  /** SHA-256 of the commit in hexadecimal digits; of bootc's composefs back end the digest of its image. */
  commit: string
  /** Counts deployments of the same commit. */
  serial: number
  /** Address of the file system that holds it, and the path in that. */
  address: string
  path: string
  /** An ostree refspec or a container image reference; empty where there is none. */
  origin: string
  osRelease?: OsReleaseFacts
  /** Where its files are sealed in a composefs image. */
  composefs?: ComposefsFacts
}>

/** A composefs image: metadata of a tree, whose contents are in an object store. */
export type ComposefsFacts = Readonly<{
  /** ostree puts it into the deployment; bootc's composefs back end has nothing else. */
  by: 'ostree' | 'bootc'
  /** Whether the system boots it, and what it checks then. `no` boots the directory of the deployment instead. */
  enabled: 'yes' | 'no' | 'maybe' | 'verity' | 'signed'
  /** Paths of the image and of the directory of objects, in the file system at `address`. */
  image: string
  objects: string
  /** Of its digests. */
  hash: 'sha256' | 'sha512'
  /** fs-verity digest of the image, in hexadecimal digits; null where it cannot be read. */
  digest: string | null
  /** What the digest is said to be, and for people by whom; null where nobody says it. */
  expected: Readonly<{ digest: string; by: string }> | null
}>
