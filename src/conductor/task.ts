import { advance } from '../saga/index.ts'
import type { EffectOf, Machine, SagaRun } from '../saga/index.ts'
import type { DiskFacts } from './machine.ts'
import { TASK_STATES } from './task-states.ts'
import type { TaskState } from './task-states.ts'

/**
 * What is done with a machine. `verify`: can its BMC be reached. `inspect`: what is it made of. `clean`: wiped, for whoever
 * gets it next. `deploy`, `boot` (what is deployed already), `release` (wiped and given back).
 */
export type TaskKind = 'verify' | 'inspect' | 'clean' | 'deploy' | 'boot' | 'release'

/** What a task was asked for. Kept in its journal: no secret is in it. */
export type TaskPlan = Readonly<{
  kind: TaskKind
  machine: string
  /** How the disk is written. */
  writes: 'stream' | 'iscsi' | 'direct' | 'nothing'
  /** Where what is deployed boots from. */
  boots: 'disk' | 'network'
  /** `off`: the machine is left off once its disk is written. */
  afterwards: 'boots' | 'off'
  /** Before a machine is given to somebody else. */
  wipes: 'disks' | 'nothing'
  /** What is never written or wiped (`keep.ts`). */
  keeps?: readonly string[]
}>

/** Each effect is idempotent: it looks first. */
export type TaskArgs = {
  /** Reads. Key: the machine’s instance information. */
  openImage: Record<string, never>
  /** Reads. */
  askPower: Record<string, never>
  /** Key: the task. A new token takes the place of an earlier one. Undo: disarm. */
  armRamdisk: Record<string, never>
  /** Key: the boot order. Undo: bootDisk. */
  bootNetwork: Record<string, never>
  /** Off, and on: whatever runs on the machine ends. */
  restart: Record<string, never>
  /** Reads, until the ramdisk has reported; ends with `machineReported`. */
  awaitReport: Record<string, never>
  /** Serves the pieces, until the ramdisk says that all is written and read back. */
  awaitWritten: { disk: string }
  /** Until the ramdisk says that the disks are wiped. */
  awaitWiped: Record<string, never>
  /** Key: the machine. What boots over the network is kernel and ramdisk of what is deployed. Undo: disarm. */
  armInstance: Record<string, never>
  /** Key: the machine. No answer over the network any more. */
  disarm: Record<string, never>
  /** Key: the boot order. */
  bootDisk: Record<string, never>
  powerOff: Record<string, never>
  powerOn: Record<string, never>
  /** Key: the machine. Config drive, tokens and the instance’s members are gone afterwards. Undo: none. */
  forgetInstance: Record<string, never>
}

export type TaskEffect = EffectOf<TaskArgs>

/** What `awaitReport` found: on which disk the image goes. */
export type MachineReported = Readonly<{ type: 'machineReported'; disk?: DiskFacts }>

export type TaskRun = SagaRun &
  Readonly<{
    state: TaskState
    plan: TaskPlan
    disk?: DiskFacts
  }>

/** Where a task begins. */
const FIRST: Readonly<Record<TaskKind, TaskState>> = {
  verify: 'contacting',
  inspect: 'contacting',
  clean: 'contacting',
  deploy: 'opening',
  boot: 'opening',
  release: 'releasing',
}

export function beginTask(plan: TaskPlan): TaskRun {
  return { state: FIRST[plan.kind], cursor: 0, attempts: 0, plan }
}

const none = {}

export const TASK: Machine<TaskRun, TaskEffect, MachineReported> = {
  subject: 'task',
  states: TASK_STATES,
  effectsOf: (run) => EFFECTS[run.state](run),
  endsWith: { awaitReport: ['machineReported'] },
  learn: (run, { disk }) => (disk === undefined ? run : { ...run, disk }),
  next: (run) => advance(run),
  targetOf,
  reasons: {
    interrupted: {
      code: 'TASK_INTERRUPTED',
      message: 'Cannot go on with the task: the conductor ended',
      remedy: 'start the conductor again',
    },
    cancelled: {
      code: 'TASK_CALLED_OFF',
      // metal3 looks for this word of Ironic’s in last_error.
      message: 'Cannot finish the task: it was aborted',
      remedy: 'ask for it again',
    },
  },
}

const EFFECTS: Readonly<Record<TaskState, (run: TaskRun) => readonly TaskEffect[]>> = {
  opening: () => [{ kind: 'openImage', args: none }],
  contacting: () => [{ kind: 'askPower', args: none }],
  netbooting: () => [
    { kind: 'armRamdisk', args: none },
    { kind: 'bootNetwork', args: none },
    { kind: 'restart', args: none },
  ],
  reporting: () => [{ kind: 'awaitReport', args: none }],
  writing: ({ disk }) => [{ kind: 'awaitWritten', args: { disk: disk?.name ?? '' } }],
  wiping: () => [{ kind: 'awaitWiped', args: none }],
  switching: ({ plan }) =>
    plan.boots === 'network'
      ? [
          { kind: 'powerOff', args: none },
          { kind: 'armInstance', args: none },
          { kind: 'bootNetwork', args: none },
        ]
      : [
          { kind: 'powerOff', args: none },
          { kind: 'armInstance', args: none },
          { kind: 'bootDisk', args: none },
        ],
  booting: ({ plan }) => (plan.afterwards === 'off' ? [] : [{ kind: 'powerOn', args: none }]),
  poweringOff: () => [
    { kind: 'powerOff', args: none },
    { kind: 'disarm', args: none },
  ],
  releasing: () => [
    { kind: 'powerOff', args: none },
    { kind: 'disarm', args: none },
    { kind: 'forgetInstance', args: none },
  ],
  cleaningUp: () => [
    { kind: 'disarm', args: none },
    { kind: 'powerOff', args: none },
  ],
  done: () => [],
  failed: () => [],
  calledOff: () => [],
}

/** Where each kind of task leaves the way of a deployment. */
function targetOf({ state, plan }: TaskRun): TaskState | undefined {
  switch (plan.kind) {
    case 'verify':
      return state === 'contacting' ? 'done' : undefined
    case 'inspect':
      return state === 'reporting' ? 'poweringOff' : undefined
    case 'clean':
      if (state === 'contacting' && plan.wipes === 'nothing') return 'poweringOff'
      return state === 'reporting' ? 'wiping' : undefined
    case 'release':
      if (state === 'releasing' && plan.wipes === 'nothing') return 'done'
      return state === 'reporting' ? 'wiping' : undefined
    case 'boot':
      return state === 'contacting' ? 'switching' : undefined
    case 'deploy':
      return state === 'contacting' && plan.writes === 'nothing' ? 'switching' : undefined
  }
}
