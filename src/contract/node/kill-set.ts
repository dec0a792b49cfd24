import type { Finding } from '../../core/index.ts'
import type { NodeCensus } from './guests.ts'

/** Why a process would die; docs/kill-rules.md explains each. */
export type KillMechanism =
  | 'pidNamespace'
  | 'cgroupV1Devices'
  | 'cgroupV1Memory'
  | 'cgroupV1Below'
  | 'cgroupV2Kill'
  | 'cgroupHybridKill'
  | 'systemdScope'
  | 'podCgroup'
  | 'execSession'
  | 'terminal'
  | 'unitCgroup'
  | 'unknownRuntime'
  | 'leftBehind'
  | 'unregisteredMachine'
  | 'mainProcess'

/** What ends a container. `podRemoved`: a kubelet takes its pod away. */
export type KillCause = 'stop' | 'remove' | 'kill' | 'engineStopped' | 'shimKilled' | 'podRemoved'

/** The processes that the engine would signal if one container, or one pod with all of its containers, ended now. */
export type ContainerKillSet = Readonly<{
  containerId: string
  /** Of a pod `NAMESPACE/POD`, of its containers `NAMESPACE/POD/CONTAINER`. */
  containerName: string
  cause: KillCause
  doomed: readonly DoomedProcess[]
}>

export type DoomedProcess = Readonly<{
  pid: number
  /** Field 22 of /proc/PID/stat: clock ticks since boot. */
  startTicks: number
  /** /proc/PID/comm. */
  name: string
  mechanisms: readonly KillMechanism[]
  /** The cgroup or the namespace that it was found in. */
  evidence: string
}>

/** A guest or a helper that would die. */
export type EndangeredProcess = Readonly<{
  kind: 'guest' | 'helper'
  /** UUID of the guest, or kind of the helper. */
  subject: string
  name: string
  pid: number
  /** The container that it would die with. */
  containerName: string
  mechanisms: readonly KillMechanism[]
  evidence: string
  /** False for a process in a pid namespace of the container: it can only be migrated or shut down. */
  rescuable: boolean
}>

/** The processes that would die if containers ended now. */
export type KillSetDocument = Readonly<{
  schema: 'anneal.kill-set/1'
  cause: KillCause
  killSets: readonly ContainerKillSet[]
  /** Guests and helpers among them. */
  endangered: readonly EndangeredProcess[]
  census: NodeCensus
  /** Where libvirt, its files and the processes disagree about who is a guest, and units with which systemd ends the whole host. */
  findings: readonly Finding[]
}>

/** Guests and helpers that would die if containers stopped now. */
export type EndangeredDocument = Readonly<{
  schema: 'anneal.endangered/1'
  endangered: readonly EndangeredProcess[]
}>
