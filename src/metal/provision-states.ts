/**
 * The provision states of Ironic, as far as a node passes through them here, and what leads on from each.
 * https://docs.openstack.org/ironic/latest/user/states.html
 */
export type ProvisionState = Readonly<{
  /** `rest`: waits for a verb. `passing`: Ironic works on it. `failed`: Ironic gave up and waits for a verb. */
  kind: 'rest' | 'passing' | 'failed'
  /** The verb that brings the node a step towards each goal; absent where none does, or none is safe. */
  towards: Readonly<Partial<Record<Goal, GoalVerb>>>
}>

/**
 * Where a person wants a node. `available` never ends a deployment on the way; `undeployed` does, and is reached when
 * the node is available again.
 */
export type Goal = 'manageable' | 'available' | 'undeployed'
export type GoalVerb = 'manage' | 'provide' | 'deleted' | 'abort'

const PASSING: ProvisionState = { kind: 'passing', towards: {} }
const MANAGE: ProvisionState['towards'] = { manageable: 'manage', available: 'manage' }
const DELETE: ProvisionState['towards'] = { undeployed: 'deleted' }

const PROVISION_STATES: Readonly<Record<string, ProvisionState>> = {
  enroll: { kind: 'rest', towards: MANAGE },
  verifying: PASSING,
  // Undeployed: after a cleaning that failed.
  manageable: { kind: 'rest', towards: { available: 'provide', undeployed: 'provide' } },
  inspecting: PASSING,
  'inspect wait': PASSING,
  'inspect failed': { kind: 'failed', towards: MANAGE },
  cleaning: PASSING,
  'clean wait': PASSING,
  'clean failed': { kind: 'failed', towards: { ...MANAGE, undeployed: 'manage' } },
  available: { kind: 'rest', towards: { manageable: 'manage' } },
  deploying: PASSING,
  // Ironic waits for the machine, perhaps for ever: that can be ended.
  'wait call-back': { kind: 'passing', towards: DELETE },
  'deploy failed': { kind: 'failed', towards: DELETE },
  active: { kind: 'rest', towards: DELETE },
  deleting: PASSING,
  error: { kind: 'failed', towards: DELETE },
  adopting: PASSING,
  'adopt failed': { kind: 'failed', towards: MANAGE },
  rescuing: PASSING,
  'rescue wait': PASSING,
  rescue: { kind: 'rest', towards: DELETE },
  'rescue failed': { kind: 'failed', towards: DELETE },
  unrescuing: PASSING,
  'unrescue failed': { kind: 'failed', towards: DELETE },
  servicing: PASSING,
  'service wait': PASSING,
  'service failed': { kind: 'failed', towards: DELETE },
}

/** A state that this table does not know is taken for one in which Ironic works: nothing is asked of it. */
export function provisionState(name: string): ProvisionState {
  return PROVISION_STATES[name] ?? PASSING
}

/** The state in which a goal is reached. */
export function goalState(goal: Goal): string {
  return goal === 'manageable' ? 'manageable' : 'available'
}

/** The state that a verb leads to when it succeeds. */
const REACHES: Readonly<Record<GoalVerb, string>> = {
  manage: 'manageable',
  provide: 'available',
  deleted: 'available',
  abort: 'manageable',
}

/** The verbs that lead from a state to a goal, if each succeeds. Empty at the goal, and where no verb is safe. */
export function verbsTo(goal: Goal, from: string): readonly GoalVerb[] {
  const verbs: GoalVerb[] = []
  for (let state = from; state !== goalState(goal);) {
    const verb = provisionState(state).towards[goal]
    if (verb === undefined || verbs.includes(verb)) break
    verbs.push(verb)
    state = REACHES[verb]
  }
  return verbs
}
