import { raiseReplacement } from '../../../node/index.ts'
import type { ReplacementArgs, Revision } from '../../../node/index.ts'
import type { ClusterPod } from '../../../ports/index.ts'
import type { SagaEvent } from '../../../saga/index.ts'
import type { Executors } from '../../saga/index.ts'
import type { PodContext } from './context.ts'
import { isAway } from './is-away.ts'
import { proveGuests } from './prove-guests.ts'
import { safeToRemove } from './safe-to-remove.ts'

const DONE: SagaEvent = { type: 'effectDone' }
const PAUSE_MS = 500
/** How often a pod is read anew that the cluster wrote at the same time. */
const LOOKS = 20

/** Each looks at the cluster first: it runs again after a crash. What goes wrong is thrown. */
export const EXECUTORS: Executors<ReplacementArgs, PodContext, SagaEvent> = {
  async checkGuests(_, { world, look, plan }) {
    await safeToRemove(world, look, { ...plan.pod, namespace: plan.daemonSet.namespace })
    return DONE
  },

  async deletePod({ unless }, { world, cluster, look, plan }) {
    const { daemonSet, node, target } = plan
    // Nothing but what the plan is about: a pod of a third template is somebody else's doing.
    const isMeant = ({ uid, revision }: ClusterPod) =>
      unless === target.hash ? uid === plan.pod.uid : revision === target.hash
    for (let looked = 0; looked < LOOKS; looked += 1) {
      const pods = await cluster.podsOf(daemonSet, node)
      const pod = pods.find((one) => isMeant(one) && !one.isEnding)
      if (pod === undefined) return DONE
      // Right before: who is a guest may have changed since the check.
      await safeToRemove(world, look, { ...pod, namespace: daemonSet.namespace })
      await cluster.deletePod(daemonSet.namespace, pod)
      await world.clock.sleep(PAUSE_MS)
    }
    throw raiseReplacement('DAEMON_SET_PODS', {
      daemonSet: nameOf(plan),
      node,
      why: 'its pod is written all the time by somebody else',
    })
  },

  async awaitPod({ revision }, context) {
    const { world, cluster, plan, signal } = context
    const end = world.clock.monotonic() + plan.patienceMs
    let why = 'there is none'
    while (world.clock.monotonic() < end) {
      if (signal.aborted) return { type: 'cancelled' }
      try {
        const pods = await cluster.podsOf(plan.daemonSet, plan.node)
        const pod = pods.find((one) => one.revision === revision)
        if (pods.length === 1 && pod?.isReady === true && !pod.isEnding) return DONE
        why = pods.length === 0 ? 'there is none' : pods.map((one) => `${one.name}: ${one.why}`).join('; ')
      } catch (error) {
        // The time that is left decides.
        if (!isAway(error)) throw error
        why = error.message
      }
      await world.clock.sleep(PAUSE_MS)
    }
    throw raiseReplacement('POD_NOT_READY_IN_TIME', {
      daemonSet: nameOf(plan),
      node: plan.node,
      revision,
      why,
    })
  },

  async proveGuests(_, context) {
    const endings = await proveGuests(context)
    context.onEnded?.(endings)
    return DONE
  },

  async restoreTemplate({ revision }, { world, cluster, plan }) {
    const { daemonSet, target } = plan
    const changed = () => raiseReplacement('DAEMON_SET_CHANGED', { daemonSet: nameOf(plan) })
    for (let looked = 0; looked < LOOKS; looked += 1) {
      const [present, revisions] = [await cluster.daemonSet(daemonSet), await cluster.revisionsOf(daemonSet)]
      if (present?.uid !== daemonSet.uid) throw changed()
      const youngest = revisions.at(-1)
      if (present.isObserved) {
        if (youngest?.hash === revision) return DONE
        if (!isSame(youngest, target)) throw changed()
        await cluster.restoreTemplate(daemonSet, revision)
      }
      await world.clock.sleep(PAUSE_MS)
    }
    throw raiseReplacement('DAEMON_SET_UNSETTLED', {
      daemonSet: nameOf(plan),
      why: 'its controller does not take up the earlier template',
    })
  },
}

function isSame(one: Revision | undefined, other: Revision): boolean {
  return one?.hash === other.hash && one.number === other.number
}

function nameOf({ daemonSet: { namespace, name } }: PodContext['plan']): string {
  return `${namespace}/${name}`
}
