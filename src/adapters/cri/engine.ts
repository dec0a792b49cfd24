import type { Container } from '../../node/index.ts'
import type { NodeEngine } from '../../ports/index.ts'
import {
  cgroupnsModeOf,
  readOciRecord,
  rootUpperDirOf,
  runtimePrograms,
  taskLimitOf,
} from '../containers/index.ts'
import type { ContainerStatus, Details, Info, SandboxStatus } from './answers.ts'
import { containerFrom, sandboxFrom } from './container-facts.ts'
import type { Observed } from './container-facts.ts'
import { containerdFacts, containerdVersion } from './containerd-facts.ts'
import { withCri } from './cri-client.ts'
import type { CriCalls } from './cri-client.ts'
import { parsed, runtimeOf } from './details.ts'
import { raiseCri } from './errors.ts'
import { imageFacts } from './image-facts.ts'

/** containerd's namespace of what the CRI makes. */
const NAMESPACE = 'k8s.io'

/** containerd's own; k3s and others have theirs elsewhere. */
export const CONTAINERD_SOCKET = '/run/containerd/containerd.sock'

export type CriOptions = Readonly<{ socketPath?: string }>

/**
 * The pods of a node, read through containerd's CRI (1.6 and later). It makes, starts, stops and removes nothing: the
 * kubelet would undo it at once. What would change something throws PODS_READ_ONLY. See docs/adr/0014.
 *
 * A pod is listed as a container (`pod.part` is `sandbox`), whose stop is that of the pod, beside its containers.
 */
export function criEngine(options: CriOptions = {}): NodeEngine {
  const socketPath = options.socketPath ?? CONTAINERD_SOCKET
  const programOf = runtimePrograms()

  const observe = async (id: string, pid: number, details: Details): Promise<Observed> => {
    const { root, binary } = runtimeOf(details)
    return {
      record: await readOciRecord(id, [`${root}/${NAMESPACE}`]),
      program: binary === undefined ? undefined : await programOf(binary),
      cgroupnsMode: await cgroupnsModeOf(pid),
      rootUpperDir: await rootUpperDirOf(pid),
      taskLimit: await taskLimitOf(pid),
    }
  }

  const readSandbox = async ({ ask }: CriCalls, podSandboxId: string): Promise<Container | undefined> => {
    const answer = await ask<Info & { status?: SandboxStatus }>('RuntimeService/PodSandboxStatus', {
      podSandboxId,
      verbose: true,
    })
    if (answer?.status === undefined) return undefined
    const details: Details = parsed(podSandboxId, answer.info?.['info'])
    return sandboxFrom(answer.status, details, await observe(podSandboxId, details.pid ?? 0, details))
  }

  const readContainer = async (
    { ask }: CriCalls,
    containerId: string,
    sandbox: Container,
  ): Promise<Container | undefined> => {
    const answer = await ask<Info & { status?: ContainerStatus }>('RuntimeService/ContainerStatus', {
      containerId,
      verbose: true,
    })
    if (answer?.status === undefined) return undefined
    const details: Details = parsed(containerId, answer.info?.['info'])
    const observed = await observe(containerId, details.pid ?? 0, details)
    return containerFrom(answer.status, details, sandbox, observed)
  }

  const readAll = (): Promise<readonly Container[]> =>
    withCri(socketPath, async (calls) => {
      await containerdVersion(calls, socketPath)
      const pods = await calls.ask<{ items: { id: string }[] }>('RuntimeService/ListPodSandbox', {})
      const listed = await calls.ask<{ containers: { id: string; podSandboxId: string }[] }>(
        'RuntimeService/ListContainers',
        {},
      )
      const sandboxes = await Promise.all((pods?.items ?? []).map(({ id }) => readSandbox(calls, id)))
      // One that went away meanwhile took its containers with it.
      const byId = new Map(sandboxes.flatMap((one) => (one === undefined ? [] : [[one.id, one] as const])))
      const containers = await Promise.all(
        (listed?.containers ?? []).flatMap(({ id, podSandboxId }) => {
          const sandbox = byId.get(podSandboxId)
          return sandbox === undefined ? [] : [readContainer(calls, id, sandbox)]
        }),
      )
      return uniqueNames([...byId.values(), ...containers.filter((one) => one !== undefined)])
    })

  const refuse = (action: string) => (): Promise<never> =>
    Promise.reject(raiseCri('PODS_READ_ONLY', { action }))

  return {
    kind: 'containerd',
    facts: () => withCri(socketPath, (calls) => containerdFacts(calls, socketPath)),

    async listContainers({ labels = {}, running }) {
      return (await readAll()).filter(
        (one) =>
          Object.entries(labels).every(([name, value]) => one.labels[name] === value) &&
          (running !== true || one.status === 'running'),
      )
    },
    /** A name, an id or the beginning of one id. */
    async inspectContainer(idOrName) {
      const all = await readAll()
      const named = all.find(({ id, name }) => id === idOrName || name === idOrName)
      if (named !== undefined || !/^[0-9a-f]{6,}$/.test(idOrName)) return named
      const begun = all.filter(({ id }) => id.startsWith(idOrName))
      return begun.length === 1 ? begun[0] : undefined
    },
    inspectImage: (reference) => withCri(socketPath, (calls) => imageFacts(calls, reference)),
    describeContainer: refuse('import the containers of pods'),
    createContainer: refuse('create a container'),
    startContainer: refuse('start a container'),
    stopContainer: refuse('stop a container'),
    armContainer: refuse('arm a container'),
    removeContainer: refuse('remove a container'),
    exec: refuse('run a program in a container'),
    logs: refuse('read the output of a container'),
    pullImage: refuse('pull an image'),
    putFiles: refuse('put files into a container'),
    runOnce: refuse('run an image'),
  }
}

/**
 * The kubelet starts a container again as another of the same name, and keeps the last ones that ended; a pod whose sandbox
 * is gone gets a new one. The one that runs, else the youngest, keeps the name; the others get the beginning of their id.
 */
export function uniqueNames(containers: readonly Container[]): readonly Container[] {
  const first = new Map<string, Container>()
  for (const one of containers.toSorted(byAge)) if (!first.has(one.name)) first.set(one.name, one)
  return containers.map((one) =>
    first.get(one.name) === one ? one : { ...one, name: `${one.name}@${one.id.slice(0, 12)}` },
  )
}

/** Those that run first, then the youngest. */
function byAge(a: Container, b: Container): number {
  const runs = Number(b.status === 'running') - Number(a.status === 'running')
  return runs === 0 ? (b.startedAt ?? '').localeCompare(a.startedAt ?? '') : runs
}
