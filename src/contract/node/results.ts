import type { Finding } from '../../core/index.ts'
import type { FailureReason } from './check.ts'
import type { EndangeredProcess } from './kill-set.ts'
import type { RunEffect } from './plan.ts'
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

/** What `anneal node lock` would write. */
export type LockPlanDocument = Readonly<{
  schema: 'anneal.lock-plan/1'
  /** The file that would be written. */
  file: string
  /** Images that would be pulled first: their digests are not known yet. */
  pulls: readonly string[]
  /** Id of the release; absent while an image has to be pulled. */
  release?: string
  images: readonly LockedImage[]
  findings: readonly Finding[]
}>

/** What `anneal node build` would build. */
export type ImagesPlanDocument = Readonly<{
  schema: 'anneal.images-plan/1'
  images: readonly Readonly<{ reference: string; state: 'current' | 'changed' | 'missing' }>[]
}>

/** What `anneal node recover` would do. */
export type RecoveryPlanDocument = Readonly<{
  schema: 'anneal.recovery-plan/1'
  /** The interrupted run, and how recovery continues it; absent without one. */
  run?: Readonly<{ run: string; state: string; next: string; effects: readonly RunEffect[] }>
  /** Steps to exactly the current release. */
  actions: readonly string[]
}>

/** What starting or stopping a service would do. */
export type ServicePlanDocument = Readonly<{
  schema: 'anneal.service-plan/1'
  service: string
  container: string
  /** Of the container now; `gone` if the engine does not have it. */
  status: string
  actions: readonly string[]
  endangered: readonly EndangeredProcess[]
}>
