import type { GuestEnding, ReplacementPlan } from '../../../node/index.ts'
import type { Cluster, NodeWorld } from '../../../ports/index.ts'
import type { SettledSurvey } from '../survey/settled-survey.ts'

/** What the effects of a replacement need. */
export type PodContext = Readonly<{
  world: NodeWorld
  cluster: Cluster
  plan: ReplacementPlan
  /** A look at the node as if that pod (`NAMESPACE/POD`) were removed; without one, at the node alone. */
  look: (pod: string | undefined) => Promise<SettledSurvey>
  signal: AbortSignal
  /** Told who ended guests that are gone, where that speaks against nobody. */
  onEnded?: (endings: readonly GuestEnding[]) => void
}>
