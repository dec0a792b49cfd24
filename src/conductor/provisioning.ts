import type { ProvisionState } from './machine.ts'
import type { TaskKind } from './task.ts'
import type { TaskState } from './task-states.ts'

/** What can be asked of a machine (https://docs.openstack.org/ironic/latest/user/states.html). */
export type Verb = 'manage' | 'provide' | 'inspect' | 'active' | 'rebuild' | 'deleted' | 'abort' | 'adopt'

export const VERBS: readonly Verb[] = [
  'manage',
  'provide',
  'inspect',
  'active',
  'rebuild',
  'deleted',
  'abort',
  'adopt',
]

export type Asked =
  | Readonly<{ does: TaskKind }>
  /** Nothing is done; the machine is there at once. */
  | Readonly<{ does: 'nothing'; target: ProvisionState }>
  /** The task under way is called off. */
  | Readonly<{ does: 'callOff' }>

const VERIFY: Asked = { does: 'verify' }
const AT_ONCE: Asked = { does: 'nothing', target: 'manageable' }
const DEPLOY: Asked = { does: 'deploy' }
const RELEASE: Asked = { does: 'release' }
const CALL_OFF: Asked = { does: 'callOff' }

/** Where success leads. */
export const TARGETS: Readonly<Record<TaskKind, ProvisionState>> = {
  verify: 'manageable',
  inspect: 'manageable',
  clean: 'available',
  deploy: 'active',
  boot: 'active',
  release: 'available',
}

/** What each verb means in each state; a verb that is absent is refused there, as Ironic refuses it. */
const ASKED: Readonly<Record<ProvisionState, Readonly<Partial<Record<Verb, Asked>>>>> = {
  enroll: { manage: VERIFY },
  verifying: {},
  manageable: {
    provide: { does: 'clean' },
    inspect: { does: 'inspect' },
    adopt: { does: 'nothing', target: 'active' },
  },
  inspecting: { abort: CALL_OFF },
  'inspect wait': { abort: CALL_OFF },
  'inspect failed': { manage: AT_ONCE, inspect: { does: 'inspect' } },
  cleaning: { abort: CALL_OFF },
  'clean wait': { abort: CALL_OFF },
  'clean failed': { manage: AT_ONCE },
  available: { active: DEPLOY, manage: AT_ONCE },
  deploying: { deleted: CALL_OFF },
  'wait call-back': { deleted: CALL_OFF, abort: CALL_OFF },
  'deploy failed': {
    active: DEPLOY,
    rebuild: { does: 'boot' },
    deleted: RELEASE,
  },
  active: { deleted: RELEASE, rebuild: { does: 'boot' } },
  deleting: {},
  error: { deleted: RELEASE, rebuild: { does: 'boot' } },
}

/** What a verb means in a state; undefined where it is refused. */
export function askedBy(verb: Verb, state: ProvisionState): Asked | undefined {
  return ASKED[state][verb]
}

/** The provision state that a machine shows while a task is in a state of its own. */
export function shownState(kind: TaskKind, state: TaskState): ProvisionState | undefined {
  return SHOWN[kind][state] ?? SHOWN[kind].any
}

type Shown = Readonly<Partial<Record<TaskState | 'any', ProvisionState>>>

const SHOWN: Readonly<Record<TaskKind, Shown>> = {
  verify: { any: 'verifying', done: 'manageable', failed: 'enroll', calledOff: 'enroll' },
  inspect: {
    any: 'inspecting',
    reporting: 'inspect wait',
    done: 'manageable',
    failed: 'inspect failed',
    calledOff: 'inspect failed',
  },
  clean: {
    any: 'cleaning',
    reporting: 'clean wait',
    wiping: 'clean wait',
    done: 'available',
    failed: 'clean failed',
    calledOff: 'clean failed',
  },
  deploy: {
    any: 'deploying',
    reporting: 'wait call-back',
    writing: 'deploying',
    done: 'active',
    failed: 'deploy failed',
    calledOff: 'deploy failed',
  },
  boot: { any: 'deploying', done: 'active', failed: 'deploy failed', calledOff: 'active' },
  release: {
    releasing: 'deleting',
    any: 'cleaning',
    reporting: 'clean wait',
    wiping: 'clean wait',
    done: 'available',
    failed: 'error',
    calledOff: 'error',
  },
}

/** What a client of Ironic sees as the step under way. */
export function shownStep(kind: TaskKind, state: TaskState): string | undefined {
  if (kind === 'deploy' || kind === 'boot') return DEPLOY_STEPS[state]
  return state === 'wiping' ? 'deploy.erase_devices' : undefined
}

const DEPLOY_STEPS: Readonly<Partial<Record<TaskState, string>>> = {
  opening: 'deploy.deploy',
  contacting: 'deploy.deploy',
  netbooting: 'deploy.deploy',
  reporting: 'deploy.deploy',
  writing: 'deploy.write_image',
  switching: 'deploy.prepare_instance_boot',
  booting: 'deploy.boot_instance',
}
