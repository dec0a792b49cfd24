import type { Finding } from '../../core/index.ts'
import type { FailureReason } from './check.ts'
import type { RunDocument } from './run-report.ts'

/** What is wrong with a node. */
export type DoctorDocument = Readonly<{ schema: 'anneal.doctor/1'; findings: readonly Finding[] }>

/** What `anneal node recover` has done. */
export type RecoveryDocument = Readonly<{
  schema: 'anneal.recovery/1'
  /** The interrupted run; absent where no run was interrupted. */
  report?: RunDocument | undefined
  /** For people: what was done so that exactly the committed release runs. */
  actions: readonly string[]
  /** What could not be brought up. */
  problems: readonly FailureReason[]
}>

/** A service that was started or stopped. */
export type ServiceDocument = Readonly<{
  schema: 'anneal.service/1'
  service: string
  status: 'running' | 'exited'
}>

/** An old form of a release as a Compose file of today. */
export type ImportDocument = Readonly<{
  schema: 'anneal.import/1'
  /** What the old form was. */
  from: string
  /** The Compose file. */
  text: string
  /** What the old form got wrong. */
  findings: readonly Finding[]
}>

/** A Compose file whose images are pinned. */
export type LockDocument = Readonly<{
  schema: 'anneal.lock/1'
  /** The locked file. */
  file: string
  /** Id of the release. */
  release: string
  images: readonly LockedImage[]
  findings: readonly Finding[]
}>

export type LockedImage = Readonly<{
  /** Services of the release that use it. */
  services: readonly string[]
  /** As the file named it. */
  image: string
  /** With its digest. */
  pinned: string
  /** `digest`: a registry has it under this digest. `id`: only this engine has it. */
  by: 'digest' | 'id'
}>

/** Images that `anneal node build` has made or found. */
export type ImagesDocument = Readonly<{ schema: 'anneal.images/1'; images: readonly BuiltImage[] }>

export type BuiltImage = Readonly<{
  reference: string
  /** Id of the image in the engine: `sha256:…`. */
  id: string
  /** Digest references under which a registry has it; empty for images that were built here. */
  repoDigests: readonly string[]
  tags: readonly string[]
  labels: Readonly<Record<string, string>>
  sizeBytes: number
  architecture: string
  /** Whom its processes run as by default; empty for root. */
  user: string
  /** 0 where nothing had to be built. */
  builtInMs: number
  /** Digest of what the image is made of: another one is built when it changes. */
  inputs?: string
}>
