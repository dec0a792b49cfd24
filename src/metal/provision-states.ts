/**
 * The provision states of Ironic, as far as a node passes through them here, and what leads on from each.
 * https://docs.openstack.org/ironic/latest/user/states.html
 */
export type ProvisionState = Readonly<{
  /** `rest`: waits for a verb. `passing`: Ironic works on it. `failed`: Ironic gave up and waits for a verb. */
  kind: 'rest' | 'passing' | 'failed'
  /** The verb that brings the node a step towards each goal; absent where none does. */
  towards: Readonly<Partial<Record<Goal, GoalVerb>>>
}>

export type Goal = 'manageable' | 'available' | 'active'
export type GoalVerb = 'manage' | 'provide' | 'active' | 'deleted' | 'abort'

const PASSING = { kind: 'passing', towards: {} } as const

export const PROVISION_STATES: Readonly<Record<string, ProvisionState>> = {
  enroll: { kind: 'rest', towards: { manageable: 'manage', available: 'manage', active: 'manage' } },
  verifying: PASSING,
  manageable: { kind: 'rest', towards: { available: 'provide', active: 'provide' } },
  inspecting: PASSING,
  'inspect wait': PASSING,
  'inspect failed': {
    kind: 'failed',
    towards: { manageable: 'manage', available: 'manage', active: 'manage' },
  },
  cleaning: PASSING,
  'clean wait': PASSING,
  'clean failed': {
    kind: 'failed',
    towards: { manageable: 'manage', available: 'manage', active: 'manage' },
  },
  available: { kind: 'rest', towards: { manageable: 'manage', active: 'active' } },
  deploying: PASSING,
  'wait call-back': PASSING,
  'deploy failed': { kind: 'failed', towards: { available: 'deleted', active: 'active' } },
  active: { kind: 'rest', towards: { available: 'deleted' } },
  deleting: PASSING,
  error: { kind: 'failed', towards: { available: 'deleted' } },
  'adopt failed': { kind: 'failed', towards: { manageable: 'manage', available: 'manage' } },
  adopting: PASSING,
  rescuing: PASSING,
  'rescue wait': PASSING,
  unrescuing: PASSING,
  rescue: { kind: 'rest', towards: { available: 'deleted' } },
  'rescue failed': { kind: 'failed', towards: { available: 'deleted' } },
  'unrescue failed': { kind: 'failed', towards: { available: 'deleted' } },
  servicing: PASSING,
  'service wait': PASSING,
  'service failed': { kind: 'failed', towards: { available: 'deleted' } },
}

/** A state that this table does not know is taken for one in which Ironic works: nothing is asked of it. */
export function provisionState(name: string): ProvisionState {
  return PROVISION_STATES[name] ?? PASSING
}
