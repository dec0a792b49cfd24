import type { EffectOf } from '../../saga/index.ts'

/** What the cluster and the node are asked. Keys and undo as in src/node/upgrade/effects.ts. */
export type ReplacementArgs = {
  /** Reads: guests and helpers in the kill set of this node's pod end the state. */
  checkGuests: Record<string, never>
  /** Key: the pod of the plan; on the way back, that of its new template. Undo: none; the controller makes another. */
  deletePod: { unless: string }
  /** Reads: until this node's only pod is of this revision, and ready. */
  awaitPod: { revision: string }
  /** Reads: guests of the plan, as processes and as libvirt has them. */
  proveGuests: Record<string, never>
  /** Key: the revision. Undo: the template that was there, by hand. */
  restoreTemplate: { revision: string }
}

export type ReplacementEffect = EffectOf<ReplacementArgs>
