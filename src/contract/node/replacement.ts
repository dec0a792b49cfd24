import type { EndedGuest } from './run-report.ts'

/** A template that a DaemonSet has or had (a ControllerRevision). */
export type TemplateRevision = Readonly<{
  /** Its `controller-revision-hash`. */
  hash: string
  /** Counts upwards; the present template has the highest. */
  number: number
}>

/** One step of a replacement. */
export type ReplacementStepDocument = Readonly<{
  state:
    | 'checking'
    | 'removing'
    | 'awaiting'
    | 'proving'
    | 'restoring'
    | 'removingNew'
    | 'awaitingEarlier'
    | 'provingEarlier'
    | 'replaced'
    | 'unchanged'
    | 'wentBack'
    | 'stuck'
  effect: 'checkGuests' | 'deletePod' | 'awaitPod' | 'proveGuests' | 'restoreTemplate'
  outcome: 'done' | 'failed' | 'cancelled'
  /** Milliseconds. */
  ms: number
}>

type Reason = Readonly<{ code: string; message: string; remedy: string }>

/** What `anneal node replace-pod` has done, or would do. */
export type PodReplacementDocument = Readonly<{
  schema: 'anneal.pod-replacement/1'
  /**
   * `planned`: a dry run. `current`: the pod was of the present template already. `replaced`: a pod of the present template
   * runs, proven. `wentBack`: one of the earlier template does, and the DaemonSet has that template. `unchanged`: the pod was
   * not touched. `stuck`: a person has to look.
   */
  outcome: 'planned' | 'current' | 'replaced' | 'unchanged' | 'wentBack' | 'stuck'
  daemonSet: Readonly<{ namespace: string; name: string; uid: string }>
  /** As the cluster calls this machine. */
  node: string
  /** The pod that was there at the beginning. */
  pod: Readonly<{ name: string; uid: string }>
  earlier: TemplateRevision
  target: TemplateRevision
  /** Processes that must be the same afterwards. */
  guests: readonly Readonly<{
    uuid: string
    name: string
    pid: number
    /** Field 22 of /proc/PID/stat: clock ticks since boot. */
    startTicks: number
  }>[]
  /** UUIDs of the guests that libvirt listed as active, and has to list again. */
  listed: readonly string[]
  steps: readonly ReplacementStepDocument[]
  /** Guests that their tenants or an operator ended meanwhile: none of them speaks against the new pod. */
  ended?: readonly EndedGuest[]
  /** In a dry run: the state in which an earlier process has left this replacement. It would be brought to rest, and nothing more be done. */
  interrupted?: ReplacementStepDocument['state']
  /** The first thing that went wrong. */
  reason?: Reason
  /** What went wrong on the way back. */
  secondReason?: Reason
}>
