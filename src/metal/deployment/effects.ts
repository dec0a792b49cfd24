import type { WorkState } from './states.ts'

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
  /** Reads, until Ironic is done. */
  awaitActive: Record<string, never>
  /** Key: the power state; nothing where the machine is on. Undo: none needed. */
  askForPower: Record<string, never>
  /** Reads, until the machine answers, or is not deployed any more. */
  awaitAnswer: Record<string, never>
}

export type DeployEffect = keyof DeployEffectArgs

/** The effects of a state, in order; the dry run prints these very ones. */
export const DEPLOY_EFFECTS: Readonly<Record<WorkState, readonly DeployEffect[]>> = {
  examining: ['examine'],
  preparing: ['writeInstance', 'validate'],
  clearing: ['clearInstance'],
  deploying: ['askForActive', 'awaitActive'],
  proving: ['askForPower', 'awaitAnswer'],
}
