import { raiseReplacement } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import type { SettledSurvey } from '../survey/settled-survey.ts'

/**
 * Nobody may end with this pod. Throws POD_GUESTS_WOULD_END, POD_GUESTS_UNCERTAIN. undefined where the runtime has no such pod:
 * then it has no process either.
 */
export async function safeToRemove(
  world: NodeWorld,
  look: (pod: string) => Promise<SettledSurvey>,
  pod: Readonly<{ namespace: string; name: string; uid: string }>,
): Promise<SettledSurvey | undefined> {
  const name = `${pod.namespace}/${pod.name}`
  const sandbox = await world.engine.inspectContainer(name)
  // A sandbox of another life of that name is not the pod that is meant.
  if (sandbox === undefined || sandbox.pod?.uid !== pod.uid) return undefined
  const settled = await look(name)
  const [dissent] = settled.dissent
  if (dissent !== undefined) {
    const why = `${dissent.subject}: ${dissent.evidence}`
    throw raiseReplacement('POD_GUESTS_UNCERTAIN', { pod: name, why })
  }
  const { endangered } = settled.seen
  if (endangered.length > 0) {
    const guests = endangered.map((one) => `${one.kind} ${one.name} (pid ${one.pid})`)
    throw raiseReplacement('POD_GUESTS_WOULD_END', { pod: name, guests })
  }
  return settled
}
