import type { SentArtifact } from './image/artifacts.ts'
import type { SentImage, PushRole } from './image/pushed.ts'
import type { StateStretch } from './metal/timeline.ts'
import type { JournalLine } from './node/state-files.ts'

/**
 * One line of progress: `--progress=jsonl` prints them to standard error. A reader ignores an `event` that it does not know. Errors are
 * also lines, and have `schema` instead.
 */
export type ProgressLine =
  | JournalProgress
  | PullProgressLine
  | BuildProgress
  | ConvertProgressLine
  | LiveProgress
  | ImagePacking
  | ImageSending
  | ImageSent
  | ArtifactSent
  | ImageRemoved
  | ImageBusy
  | MachineEnrolled
  | MachineState
  | DeployStep
  | ConductorReady
  | ConductorTask

/** A step of an upgrade, a rollback or a recovery, once it is in the journal. */
export type JournalProgress = Readonly<{
  event: 'planned' | 'intended' | 'happened' | 'ended'
  /** RFC 3339. */
  at: string
  /** Id of the run. */
  run: string
  /** As in journal.jsonl; absent for `planned`. */
  data?: JournalLine['data']
}>

/** How far the pull of a container image is. */
export type PullProgressLine = Readonly<{
  event: 'pull'
  /** The image, pinned. */
  reference: string
  doneBytes: number
  totalBytes: number
  layersDone: number
  layersTotal: number
}>

/** `anneal node build`: a container image is about to be built, or was built. */
export type BuildProgress = Readonly<{
  event: 'build'
  image: string
  /** For people. */
  line: string
}>

/** How far a conversion is. */
export type ConvertProgressLine = Readonly<{ event: 'convert'; doneBytes: number; totalBytes: number }>

/** How much of a tree is packed into a live image. */
export type LiveProgress = Readonly<{
  event: 'live'
  /** Files, directories and other entries. */
  nodes: number
  contentBytes: number
}>

/** How far a base is packed as qcow2, before it is sent: in bytes in use. */
export type ImagePacking = Readonly<{
  event: 'packed'
  role: PushRole
  doneBytes: number
  totalBytes: number
}>

/** How far the upload of an image is. */
export type ImageSending = Readonly<{ event: 'sent'; role: PushRole; sentBytes: number; sizeBytes: number }>

/** An image is in Glance. */
export type ImageSent = Readonly<{ event: 'image' }> & SentImage

/** A file is in a registry, with its manifest. */
export type ArtifactSent = Readonly<{ event: 'artifact' }> & SentArtifact

/** An image was removed from Glance: what an interrupted push left, or by `anneal image prune`. */
export type ImageRemoved = Readonly<{
  event: 'removed'
  /** Id in Glance. */
  id: string
  name: string
  /** For people; only of `anneal image prune`. */
  reason?: string
  /** True where it would be removed; only of `anneal image prune`. */
  dryRun?: boolean
}>

/** An image of an unfinished push that may still be under way: it is left alone. */
export type ImageBusy = Readonly<{
  event: 'busy'
  /** Id in Glance. */
  id: string
  name: string
}>

/** `anneal metal enroll`: what was done with a machine. */
export type MachineEnrolled = Readonly<{
  event: 'node'
  name: string
  outcome: 'created' | 'changed' | 'unchanged'
  /** What was changed or added, for people. */
  changes: readonly string[]
}>

/** A machine has come to a state. */
export type MachineState = Readonly<{
  event: 'state'
  /** The machine; absent for `anneal metal deploy`, which has one. */
  node?: string
}> &
  Omit<StateStretch, 'seconds'>

/** `anneal metal deploy`: what is done next. docs/deployment-states.md explains each effect. */
export type DeployStep = Readonly<{ event: 'effect'; effect: string }>

/** `anneal metal serve` takes requests. */
export type ConductorReady = Readonly<{
  event: 'ready'
  /** Where operators ask, ADDRESS:PORT. */
  api: string
  /** Where machines ask, ADDRESS:PORT. */
  machines: string
}>

/** `anneal metal serve`: what a task on a machine does. */
export type ConductorTask = Readonly<{
  event: 'machine'
  machine: string
  /** For people. */
  text: string
}>
