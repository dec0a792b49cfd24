import type { StateSpec, WorkSpec } from '../../saga/index.ts'
import type { DeployEffect, DeployVia } from './effects.ts'

/**
 * The states of one deployment as Anneal carries it. Nothing of this is kept anywhere: the node in Ironic holds it all,
 * with the deployment's id among its instance information. So a second run looks at the node and goes on from there,
 * whoever or whatever ended the first one; `afterCrash` says where that is.
 */
export type DeployStateSpec = StateSpec<DeployState, DeployEffect> &
  Readonly<{ stable: boolean }> &
  DeployOnly

type DeployOnly = Readonly<{
  /** Where another state comes next. */
  targetVia?: Readonly<Partial<Record<DeployVia, DeployState>>>
  /** How long the deploy ramdisk may give no sign of life. */
  silenceMs?: number
}>

export type DeployState =
  | 'examining'
  | 'preparing'
  | 'clearing'
  | 'deploying'
  | 'switching'
  | 'booting'
  | 'proving'
  | 'ready'
  | 'refused'
  | 'failed'
  | 'silent'
  | 'left'

const MINUTE_MS = 60_000
/** One request, or some; the client ends each of them earlier. */
const REQUEST_MS = 5 * MINUTE_MS
/** As long as a restart of Ironic or Nova takes. */
const AWAY_MS = 2 * MINUTE_MS
/** A request that meets a fault of the service itself: trying it again may help, for ever never does. */
const CHANGES = { retries: 2, patienceMs: AWAY_MS } as const
/** Ironic powers the machine, boots its deploy ramdisk and writes the disk: all of that. */
const DEPLOY_MS = 30 * MINUTE_MS
const SILENCE_MS = 20 * MINUTE_MS

export const DEPLOY_STATES = {
  examining: {
    stable: false,
    meaning:
      'reading the node once more: is it free, or is this very deployment on it already? Changes nothing',
    target: 'preparing',
    onFailure: 'refused',
    onCancel: 'refused',
    afterCrash: { resumeIn: 'examining' },
    retries: 0,
    deadlineMs: REQUEST_MS,
  },
  preparing: {
    stable: false,
    meaning: 'writing image, kernel arguments and the deployment’s id to the node; Ironic validates them',
    target: 'deploying',
    onFailure: 'clearing',
    onCancel: 'clearing',
    afterCrash: { resumeIn: 'preparing' },
    ...CHANGES,
    deadlineMs: REQUEST_MS,
  },
  clearing: {
    stable: false,
    meaning: 'taking away again what was written, because Ironic does not find it valid',
    target: 'refused',
    // What was written is still there: the next run, or undeploy, takes it away.
    onFailure: 'failed',
    onCancel: 'finish',
    afterCrash: { resumeIn: 'preparing' },
    ...CHANGES,
    deadlineMs: REQUEST_MS,
  },
  deploying: {
    stable: false,
    meaning: 'Ironic deploys; every state it passes through is noted with its time',
    target: 'proving',
    targetVia: { ironicTwice: 'switching' },
    onFailure: 'failed',
    onCancel: 'left',
    afterCrash: { resumeIn: 'deploying' },
    ...CHANGES,
    deadlineMs: DEPLOY_MS,
    silenceMs: SILENCE_MS,
  },
  switching: {
    stable: false,
    meaning:
      'the base is on the disk and the machine off; writing kernel, ramdisk and arguments to the node; Ironic validates them',
    target: 'booting',
    onFailure: 'failed',
    onCancel: 'left',
    afterCrash: { resumeIn: 'switching' },
    ...CHANGES,
    deadlineMs: REQUEST_MS,
  },
  booting: {
    stable: false,
    meaning:
      'Ironic has the machine boot kernel and ramdisk over the network (rebuild); the disk is not touched',
    target: 'proving',
    onFailure: 'failed',
    onCancel: 'left',
    afterCrash: { resumeIn: 'booting' },
    ...CHANGES,
    deadlineMs: DEPLOY_MS,
    silenceMs: SILENCE_MS,
  },
  proving: {
    stable: false,
    meaning:
      'Ironic says active; now the machine itself has to answer, over SSH or with a mark on its console',
    target: 'ready',
    onFailure: 'silent',
    onCancel: 'left',
    afterCrash: { resumeIn: 'proving' },
    ...CHANGES,
    deadlineMs: REQUEST_MS,
    deadlinesMs: { awaitAnswer: 10 * MINUTE_MS },
  },
  ready: { stable: true, meaning: 'active, and the machine answered' },
  refused: { stable: true, meaning: 'something said no; the node is as it was' },
  failed: {
    stable: true,
    meaning: 'Ironic or Nova gave up or did not answer; the same command starts again, or continues',
  },
  silent: { stable: true, meaning: 'active, but the machine did not answer in time' },
  left: {
    stable: true,
    meaning: 'interrupted; Ironic finishes what it was asked for, and the same command goes on from there',
  },
} as const satisfies Record<DeployState, DeployStateSpec>

export type RestState = 'ready' | 'refused' | 'failed' | 'silent' | 'left'
export type WorkState = Exclude<DeployState, RestState>

export function isAtRest(state: DeployState): state is RestState {
  return DEPLOY_STATES[state].stable
}

/** The state that follows when all effects of one are done. */
export function targetOf(state: WorkState, via: DeployVia): DeployState {
  const spec: WorkSpec<DeployState> & DeployOnly = DEPLOY_STATES[state]
  return spec.targetVia?.[via] ?? spec.target
}
