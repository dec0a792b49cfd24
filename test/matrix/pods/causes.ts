import { NOT_IN_TIME } from '../../../lab/index.ts'
import type { Containerd } from '../../../lab/index.ts'
import type { Pod } from './pod.ts'

/** What is done to a pod, and how Anneal is asked about it. */
export type PodCause = Readonly<{
  name: string
  /** What `--cause` and the operand of kill-set are. */
  asked: 'stop' | 'remove' | 'kill' | 'shimKilled' | 'podRemoved'
  of: 'container' | 'pod'
  /** Done before Anneal is asked. */
  before?: (containerd: Containerd, pod: Pod) => Promise<void>
  act: (containerd: Containerd, pod: Pod) => Promise<void>
}>

/**
 * runc 1.2 and later cannot delete a container in whose cgroup somebody lives on, containerd tries that again and again, and the
 * call does not end. A kubelet gives up and comes back later.
 */
const DEADLINE_MS = 25_000

const stop =
  (timeout: number) =>
  ({ client }: Containerd, { libvirt }: Pod): Promise<void> =>
    twice(() => client.ask('StopContainer', { containerId: libvirt, timeout }, DEADLINE_MS))

const stopPod = ({ client }: Containerd, { sandbox }: Pod): Promise<void> =>
  twice(() => client.ask('StopPodSandbox', { podSandboxId: sandbox }, DEADLINE_MS))

const removePod = async (containerd: Containerd, pod: Pod): Promise<void> => {
  await stopPod(containerd, pod)
  await twice(() => containerd.client.ask('RemovePodSandbox', { podSandboxId: pod.sandbox }, DEADLINE_MS))
}

/** As the kubelet does: a call that has killed may still fail, by a shim that has ended meanwhile. */
async function twice(call: () => Promise<unknown>): Promise<void> {
  try {
    await call()
  } catch (error) {
    if (String(error).includes(NOT_IN_TIME)) return
    await call().catch(() => undefined)
  }
}

/** What a kubelet does, on a host where one makes the pods. */
export const KUBELET_CAUSES: readonly PodCause[] = [
  {
    name: 'pod removed',
    asked: 'podRemoved',
    of: 'pod',
    act: async (_, pod) => pod.remove?.(),
  },
]

export const POD_CAUSES: readonly PodCause[] = [
  { name: 'StopContainer', asked: 'stop', of: 'container', act: stop(2) },
  { name: 'StopContainer at once', asked: 'kill', of: 'container', act: stop(0) },
  {
    name: 'RemoveContainer',
    asked: 'remove',
    of: 'container',
    async act(containerd, pod) {
      await stop(2)(containerd, pod)
      await twice(() => containerd.client.ask('RemoveContainer', { containerId: pod.libvirt }, DEADLINE_MS))
    },
  },
  { name: 'StopPodSandbox', asked: 'stop', of: 'pod', act: stopPod },
  { name: 'RemovePodSandbox', asked: 'remove', of: 'pod', act: removePod },
  {
    name: 'RemovePodSandbox after StopContainer',
    asked: 'remove',
    of: 'pod',
    before: stop(2),
    act: removePod,
  },
  {
    name: 'shim killed',
    asked: 'shimKilled',
    of: 'pod',
    async act(containerd, { sandbox, libvirt, beside }) {
      containerd.killShimOf(sandbox)
      for (const gone of [sandbox, libvirt, beside]) await containerd.untilNoTask(gone)
    },
  },
]
