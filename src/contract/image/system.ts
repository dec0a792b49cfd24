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

/** A tree that ostree has checked out: `/ostree/deploy/<stateroot>/deploy/<commit>.<serial>`. */
export type OstreeDeployment = Readonly<{
  stateroot: string
  /** SHA-256 of the commit in hexadecimal digits. */
  commit: string
  /** Counts deployments of the same commit. */
  serial: number
  /** Address of the file system that holds it, and the path in that. */
  address: string
  path: string
  /** An ostree refspec or a container image reference; empty where there is none. */
  origin: string
  osRelease?: OsReleaseFacts
}>
