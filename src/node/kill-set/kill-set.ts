import type { StopCause } from '../container.ts'
import type { ProcessId } from '../process.ts'

/** Why a process would die. The texts for people are in kill-rules.ts. */
export type Mechanism =
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

export type Doomed = ProcessId &
  Readonly<{
    name: string
    mechanisms: readonly Mechanism[]
    /** Where it was found: the cgroup or the namespace. */
    evidence: string
  }>

/** The exact processes that the engine would signal if the container were stopped now. */
export type KillSet = Readonly<{
  containerId: string
  containerName: string
  cause: StopCause
  doomed: readonly Doomed[]
}>

export type Endangered = Readonly<{
  kind: 'guest' | 'helper'
  /** UUID of the guest, or kind of the helper. */
  subject: string
  name: string
  pid: number
  containerName: string
  mechanisms: readonly Mechanism[]
  evidence: string
  /** A pid namespace cannot be left: such a process can only be migrated or shut down. */
  rescuable: boolean
}>
