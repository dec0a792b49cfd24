import { join } from 'node:path/posix'
import { kubernetesCluster, raiseCluster } from '../../adapters/kubernetes/index.ts'
import { FileStateStore } from '../../adapters/state/index.ts'
import { raiseReplacement, workloadOfContainer } from '../../node/index.ts'
import type { DaemonSetName, ReplacementPlan, ReplacementState, Revision } from '../../node/index.ts'
import type { Cluster, ClusterPod, DaemonSet, NodeWorld, StateStore } from '../../ports/index.ts'
import {
  interruptedReplacement,
  libvirtLogDirectories,
  recoverReplacement,
  runReplacement,
  safeToRemove,
  settledSurvey,
} from '../../runtime/node/index.ts'
import type {
  PodContext,
  ReplacementControl,
  ReplacementReport,
  SettledSurvey,
} from '../../runtime/node/index.ts'
import { containersQuestion } from './containers-question.ts'
import { openNode } from './open-node.ts'
import type { NodeOptions } from './open-node.ts'

export type ReplacePodOptions = NodeOptions &
  Readonly<{
    kubeconfig: string
    context?: string
    daemonSet: DaemonSetName
    /** As the cluster calls this machine. */
    nodeName: string
    /** How long a new pod may take until it is ready. */
    patienceMs: number
  }>

export type ReplacementPreview = Readonly<{
  plan: ReplacementPlan
  /** The pod is of the present template already: there is nothing to do. */
  isCurrent: boolean
  /** The state in which an earlier process has left this replacement: it is brought to rest, and that is all. */
  interrupted?: ReplacementState
}>

export type PodReplaced = Readonly<{
  preview: ReplacementPreview
  /** Absent where there was nothing to do. */
  report?: ReplacementReport
}>

type Places = Readonly<{ world: NodeWorld; cluster: Cluster }>

/** What a replacement would do, with all its checks. Changes nothing. Throws what a check refuses. */
export async function previewReplacePod(options: ReplacePodOptions): Promise<ReplacementPreview> {
  const places = await open(options)
  const left = await interruptedReplacement(replacementsOf({ ...options, access: 'read' }))
  // One that had done nothing ends so, and the other begins.
  return left === undefined || left.state === 'checking'
    ? planReplacement(places, options)
    : { plan: left.plan, isCurrent: false, interrupted: left.state }
}

/**
 * Replaces this node's pod of a DaemonSet by one of its present template, one pod and one node. What an earlier process has left is
 * brought to rest first. That is all that is done then, unless it had changed nothing, or was the replacement of another DaemonSet
 * and has succeeded. Throws what a check refuses, before anything is touched; NODE_LOCKED.
 */
export async function replacePod(
  options: ReplacePodOptions,
  control: ReplacementControl & Readonly<{ onRecovered?: (report: ReplacementReport) => void }> = {},
): Promise<PodReplaced> {
  const places = await open(options)
  const store = replacementsOf(options)
  const since = new Date(places.world.clock.now()).toISOString()
  const lock = await store.lock(`replace-pod, pid ${process.pid}, since ${since}`)
  try {
    const contextOf = contextIn(places)
    const left = await interruptedReplacement(store)
    // Another cluster, by a mistake in --context, must not decide how that one ends.
    if (left !== undefined) await findNode(places, left.plan.node)
    const recovered = await recoverReplacement(store, contextOf, control)
    if (recovered !== undefined) {
      control.onRecovered?.(recovered)
      const { plan, state } = recovered.run
      const isOther = nameOf(plan.daemonSet) !== nameOf(options.daemonSet)
      if (state !== 'unchanged' && !(isOther && state === 'replaced'))
        return { preview: { plan, isCurrent: false }, report: recovered }
    }
    const preview = await planReplacement(places, options)
    if (preview.isCurrent) return { preview }
    return { preview, report: await runReplacement(store, contextOf, preview.plan, control) }
  } finally {
    await lock.release()
  }
}

async function open(options: ReplacePodOptions): Promise<Places> {
  const world = await openNode({ engine: 'containerd', ...options, access: 'read' }, 'replace a pod')
  const { kubeconfig, context } = options
  const cluster =
    options.node?.cluster ?? (await kubernetesCluster({ kubeconfig, ...(context && { context }) }))
  return { world, cluster }
}

/** The journal of replacements lies beside that of upgrades, which a node of pods has none of. */
function replacementsOf({ node, stateDirectory, access }: ReplacePodOptions): StateStore {
  return node === undefined ? new FileStateStore(join(stateDirectory, 'pods'), access) : node.state
}

function contextIn(places: Places) {
  return (plan: ReplacementPlan, signal: AbortSignal): PodContext => ({
    ...places,
    plan,
    signal,
    look: (pod) => look(places.world, pod),
  })
}

async function look(world: NodeWorld, pod: string | undefined): Promise<SettledSurvey> {
  const question = await containersQuestion(world, pod === undefined ? [] : [pod], 'podRemoved')
  const asked = pod === undefined ? { ...question, stopping: [] } : question
  return settledSurvey(world, asked, question.places[0])
}

/** Every check, in the order in which a person would look. */
async function planReplacement(places: Places, options: ReplacePodOptions): Promise<ReplacementPreview> {
  const { world, cluster } = places
  const { daemonSet: wanted, nodeName } = options
  const name = nameOf(wanted)
  const missing = await cluster.missingRights(wanted, nodeName)
  if (missing.length > 0) {
    throw raiseCluster('CLUSTER_REFUSES', {
      action: `replace a pod of "${name}"`,
      reason: `this login may not ${missing.join(', ')}`,
    })
  }
  const bootId = await checkNode(places, nodeName)
  const daemonSet = await cluster.daemonSet(wanted)
  if (daemonSet === undefined) throw raiseReplacement('DAEMON_SET_UNKNOWN', { daemonSet: name })
  checkDaemonSet(daemonSet)
  const pod = onlyPod(await cluster.podsOf(daemonSet, nodeName), name, nodeName)
  const revisions = await cluster.revisionsOf(daemonSet)
  const [target, earlier] = revisionsFor(revisions, pod, wanted)
  const isCurrent = pod.revision === target.hash
  const podName = `${wanted.namespace}/${pod.name}`
  if (!isCurrent) await checkImages(world, daemonSet, podName)
  const seenAt = world.clock.now()
  const settled = isCurrent
    ? await look(world, podName)
    : await safeToRemove(world, (one) => look(world, one), { ...pod, namespace: wanted.namespace })
  if (settled === undefined) {
    const why = `the kubelet’s runtime at this machine has no pod "${podName}" of that UID`
    throw raiseReplacement('DAEMON_SET_PODS', { daemonSet: name, node: nodeName, why })
  }
  const { census, containers } = settled.seen
  const active = (settled.domains ?? []).filter(({ state }) => state !== 'shutoff')
  return {
    isCurrent,
    plan: {
      daemonSet: { ...wanted, uid: daemonSet.uid },
      node: nodeName,
      bootId,
      pod: { name: pod.name, uid: pod.uid },
      earlier,
      target,
      guests: census.guests.map(({ uuid, name: guest, identity: { pid, startTicks } }) => ({
        uuid,
        name: guest,
        pid,
        startTicks,
      })),
      listed: active.map(({ uuid }) => uuid),
      seenAt,
      logDirectories: libvirtLogDirectories(containers),
      hasCompute: containers.some(
        (one) => one.pod?.uid === pod.uid && workloadOfContainer(one).role === 'compute',
      ),
      patienceMs: options.patienceMs,
    },
  }
}

function nameOf({ namespace, name }: DaemonSetName): string {
  return `${namespace}/${name}`
}

/** The boot of this machine, which is ready. */
async function checkNode(places: Places, node: string): Promise<string> {
  const { bootId, notReady } = await findNode(places, node)
  if (notReady !== undefined) throw raiseReplacement('CLUSTER_NODE_NOT_READY', { node, why: notReady })
  return bootId
}

/** This machine, as the cluster knows it, and its boot. */
async function findNode(
  { world, cluster }: Places,
  node: string,
): Promise<Readonly<{ bootId: string; notReady?: string }>> {
  const found = await cluster.node(node)
  if (found === undefined) throw raiseReplacement('CLUSTER_NODE_UNKNOWN', { node })
  const { bootId } = await world.host.facts()
  // Ours also tells machines apart that are containers: the kernel's own is before the slash.
  if (found.bootId !== bootId.split('/')[0]) throw raiseReplacement('CLUSTER_NODE_OTHER', { node })
  return { ...found, bootId }
}

function checkDaemonSet(seen: DaemonSet): void {
  const { namespace, name } = seen
  if (seen.strategy !== 'OnDelete') {
    throw raiseReplacement('DAEMON_SET_ROLLS', { namespace, name, strategy: seen.strategy })
  }
  const why = seen.isEnding
    ? 'it is being deleted'
    : seen.isObserved
      ? seen.misscheduled > 0
        ? `it has pods where it should have none; nodes: ${seen.misscheduled}`
        : undefined
      : 'its controller has not seen its present template yet'
  if (why !== undefined) throw raiseReplacement('DAEMON_SET_UNSETTLED', { daemonSet: nameOf(seen), why })
}

function onlyPod(pods: readonly ClusterPod[], daemonSet: string, node: string): ClusterPod {
  const [pod] = pods
  const why =
    pods.length !== 1
      ? `there are ${pods.length} of them`
      : pod?.isEnding === true
        ? `"${pod.name}" is ending already`
        : undefined
  if (pod !== undefined && why === undefined) return pod
  throw raiseReplacement('DAEMON_SET_PODS', { daemonSet, node, why: why ?? 'there is none' })
}

/** The present one, and that of the pod: without it there is no way back. */
function revisionsFor(
  revisions: readonly Revision[],
  pod: ClusterPod,
  { namespace }: DaemonSetName,
): readonly [target: Revision, earlier: Revision] {
  const target = revisions.at(-1)
  const earlier = revisions.find(({ hash }) => hash === pod.revision)
  if (target !== undefined && earlier !== undefined) return [target, earlier]
  throw raiseReplacement('POD_NO_WAY_BACK', { pod: `${namespace}/${pod.name}`, revision: pod.revision })
}

/** What a new pod starts from lies on the node, and is the very image that the template names. */
async function checkImages({ engine }: NodeWorld, daemonSet: DaemonSet, pod: string): Promise<void> {
  for (const { name, image, pullPolicy } of daemonSet.containers) {
    const why = !/@sha256:[0-9a-f]{64}$/.test(image)
      ? 'is not pinned by digest'
      : pullPolicy === 'Always'
        ? 'is pulled at every start (imagePullPolicy: Always)'
        : (await engine.inspectImage(image)) === undefined
          ? 'is not on this node'
          : undefined
    if (why !== undefined) throw raiseReplacement('POD_IMAGE_NOT_HELD', { pod, container: name, image, why })
  }
}
