import type { DeployVia } from './effects.ts'

/**
 * The states of one deployment as Anneal carries it. Nothing of this is kept anywhere: the node in Ironic holds it all,
 * with the deployment's id among its instance information. So a second run looks at the node and goes on from there,
 * whoever or whatever ended the first one; `afterCrash` says where that is.
 */
export type DeployStateSpec = Readonly<
  | { stable: true; meaning: string }
  | {
      stable: false
      meaning: string
      target: DeployState
      /** Where another state comes next. */
      targetVia?: Readonly<Partial<Record<DeployVia, DeployState>>>
      onFailure: DeployState
      /** Where the next run finds itself when this one ends here without a word. */
      afterCrash: DeployState
    }
>

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

export const DEPLOY_STATES = {
  examining: {
    stable: false,
    meaning:
      'reading the node once more: is it free, or is this very deployment on it already? Changes nothing',
    target: 'preparing',
    onFailure: 'refused',
    afterCrash: 'examining',
  },
  preparing: {
    stable: false,
    meaning: 'writing image, kernel arguments and the deployment’s id to the node; Ironic validates them',
    target: 'deploying',
    onFailure: 'clearing',
    afterCrash: 'preparing',
  },
  clearing: {
    stable: false,
    meaning: 'taking away again what was written, because Ironic does not find it valid',
    target: 'refused',
    // What was written is still there: the next run, or undeploy, takes it away.
    onFailure: 'failed',
    afterCrash: 'preparing',
  },
  deploying: {
    stable: false,
    meaning: 'Ironic deploys; every state it passes through is noted with its time',
    target: 'proving',
    targetVia: { ironicTwice: 'switching' },
    onFailure: 'failed',
    afterCrash: 'deploying',
  },
  switching: {
    stable: false,
    meaning:
      'the base is on the disk and the machine off; writing kernel, ramdisk and arguments to the node; Ironic validates them',
    target: 'booting',
    onFailure: 'failed',
    afterCrash: 'switching',
  },
  booting: {
    stable: false,
    meaning:
      'Ironic has the machine boot kernel and ramdisk over the network (rebuild); the disk is not touched',
    target: 'proving',
    onFailure: 'failed',
    afterCrash: 'booting',
  },
  proving: {
    stable: false,
    meaning:
      'Ironic says active; now the machine itself has to answer, over SSH or with a mark on its console',
    target: 'ready',
    onFailure: 'silent',
    afterCrash: 'proving',
  },
  ready: { stable: true, meaning: 'active, and the machine answered' },
  refused: { stable: true, meaning: 'something said no; the node is as it was' },
  failed: {
    stable: true,
    meaning: 'Ironic or Nova gave up, or could not be asked; the same command begins anew, or goes on',
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
  const spec: Extract<DeployStateSpec, { stable: false }> = DEPLOY_STATES[state]
  return spec.targetVia?.[via] ?? spec.target
}
