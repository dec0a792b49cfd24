import { isAtRest, targetOf } from './states.ts'
import type { DeployState, WorkState } from './states.ts'

/** What the runtime can be asked to do. Each is idempotent: it looks at the node before it does anything. */
export type DeployEffectArgs = {
  /** Reads; ends with `nodeExamined`. */
  examine: Record<string, never>
  /** Key: the deployment's id in instance_info. Undo: clearInstance. */
  writeInstance: Record<string, never>
  /** Reads: Ironic's own check of what was written. */
  validate: Record<string, never>
  /** Key: the deployment's id in instance_info. Undo: none needed. */
  clearInstance: Record<string, never>
  /**
   * Key: the deployment's id in instance_info; not asked for again while Ironic works on it. A machine that an earlier run
   * gave up as silent, and that has been silent since, is restarted. Undo: undeploy.
   */
  askForActive: Record<string, never>
  /** Key: the deployment's id and BASE_WRITTEN in instance_info. Undo: undeploy. */
  writeBoot: Record<string, never>
  /** Key: BASE_WRITTEN against the node's time; not asked for again while Ironic works on it. Undo: undeploy. */
  askForRebuild: Record<string, never>
  /** Reads, until Ironic is done. */
  awaitActive: Record<string, never>
  /** Key: the power state; nothing where the machine is on. Undo: none needed. */
  askForPower: Record<string, never>
  /** Reads, until the machine answers, or is not deployed any more. */
  awaitAnswer: Record<string, never>
  /** Reads the node, and the server of this deployment where there is one; ends with `nodeExamined`. */
  examineServer: Record<string, never>
  /** Key: the name of the key pair, which follows from the key. Undo: none, it may be in use. */
  keepKey: Record<string, never>
  /**
   * Key: the deployment's id in the server's metadata; a server of it that failed is removed first. Undo: undeploy.
   */
  createServer: Record<string, never>
  /** Reads, until Nova has the server active, and the node behind it is active in its name; removes one that failed. */
  awaitServer: Record<string, never>
  /** Key: the server's status; nothing where it is not shut off. Undo: none needed. */
  startServer: Record<string, never>
}

export type DeployEffect = keyof DeployEffectArgs

/** Effects that wait for somebody else's work. They end by themselves, with words of what they saw last. */
export const WAITING: ReadonlySet<DeployEffect> = new Set([
  'awaitActive',
  'awaitAnswer',
  'awaitServer',
  // A server of this deployment that failed has to be gone first.
  'createServer',
])

/**
 * Effects that are done again while a service is away. The others only read: they look through its absence by themselves,
 * or the same command is as good as another try.
 */
export const TRIED_AGAIN: ReadonlySet<DeployEffect> = new Set([
  'writeInstance',
  'validate',
  'clearInstance',
  'askForActive',
  'writeBoot',
  'askForRebuild',
  'askForPower',
  'keepKey',
  'createServer',
  'startServer',
])

/**
 * Who is asked: Ironic itself; Ironic twice, for the base on the disk and then for the boot; or Nova, which asks Ironic.
 */
export type DeployVia = 'ironic' | 'ironicTwice' | 'nova'

const BY_IRONIC: Readonly<Record<WorkState, readonly DeployEffect[]>> = {
  examining: ['examine'],
  preparing: ['writeInstance', 'validate'],
  clearing: ['clearInstance'],
  deploying: ['askForActive', 'awaitActive'],
  switching: ['writeBoot', 'validate'],
  booting: ['askForRebuild', 'awaitActive'],
  proving: ['askForPower', 'awaitAnswer'],
}

/** The effects of a state, in order. */
export const DEPLOY_EFFECTS: Readonly<
  Record<DeployVia, Readonly<Record<WorkState, readonly DeployEffect[]>>>
> = {
  // The states between are passed by `ironicTwice` alone.
  ironic: { ...BY_IRONIC, switching: [], booting: [] },
  ironicTwice: BY_IRONIC,
  nova: {
    examining: ['examineServer'],
    preparing: ['keepKey'],
    // A key pair is all that was made until here. It is the user's own, by its content, and stays.
    clearing: [],
    deploying: ['createServer', 'awaitServer'],
    switching: [],
    booting: [],
    proving: ['startServer', 'awaitAnswer'],
  },
}

/** What is done, in order, if all goes well: what the dry run prints. */
export function effectsOf(via: DeployVia): readonly Readonly<{ state: WorkState; effect: DeployEffect }>[] {
  const steps: Readonly<{ state: WorkState; effect: DeployEffect }>[] = []
  for (let state: DeployState = 'examining'; !isAtRest(state); state = targetOf(state, via)) {
    for (const effect of DEPLOY_EFFECTS[via][state]) steps.push({ state, effect })
  }
  return steps
}
