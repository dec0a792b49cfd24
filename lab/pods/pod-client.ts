import { Client, credentials } from '@grpc/grpc-js'
import protobuf from 'protobufjs/light.js'
import { POD_MESSAGES } from './pod-messages.ts'

type Request = Readonly<Record<string, unknown>>

/** Makes and ends pods as a kubelet does, by the CRI. Errors are the runtime's own, as text. */
export type PodClient = Readonly<{
  /** Rejects with `not in time` where it takes longer than that; it goes on all the same. */
  ask: (call: PodCall, request: Request, deadlineMs?: number) => Promise<Readonly<Record<string, string>>>
  /** Ids of the pods. */
  pods: () => Promise<readonly string[]>
  /** What somebody else has made: the youngest pod of that name, and those of its containers that run, by name. */
  find: (pod: string) => Promise<FoundPod | undefined>
  close: () => void
}>

export type FoundPod = Readonly<{ sandbox: string; uid: string; containers: ReadonlyMap<string, string> }>

export type PodCall =
  | 'RunPodSandbox'
  | 'CreateContainer'
  | 'StartContainer'
  | 'StopContainer'
  | 'RemoveContainer'
  | 'StopPodSandbox'
  | 'RemovePodSandbox'

/** What the error of a call says that did not end before its deadline. */
export const NOT_IN_TIME = 'not in time'

const DEADLINE_EXCEEDED = 4

/** ContainerState of the CRI. */
const RUNNING = 1

const DEADLINE_MS = 120_000

export function podClient(socketPath: string): PodClient {
  const messages = protobuf.Root.fromJSON(POD_MESSAGES)
  const client = new Client(`unix:${socketPath}`, credentials.createInsecure(), {
    'grpc.default_authority': 'localhost',
  })
  const same = (buffer: Buffer) => buffer
  const ask = <Answer>(
    call: PodCall | 'ListPodSandbox' | 'ListContainers',
    request: Request,
    deadlineMs = DEADLINE_MS,
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const asked = messages.lookupType(`${call}Request`)
      const answered = messages.lookupType(`${call}Response`)
      const bytes = Buffer.from(asked.encode(asked.fromObject(request)).finish())
      const path = `/runtime.v1.RuntimeService/${call}`
      const deadline = Date.now() + deadlineMs
      client.makeUnaryRequest<Buffer, Buffer>(path, same, same, bytes, { deadline }, (error, answer) => {
        const code: number | undefined = error?.code
        if (code === DEADLINE_EXCEEDED) reject(new Error(`${call}: ${NOT_IN_TIME}`))
        else if (error !== null) reject(new Error(`${call}: ${error.details}`))
        else if (answer === undefined) reject(new Error(`${call}: no answer`))
        else resolve(answered.toObject(answered.decode(answer)) as Answer)
      })
    })
  const find = async (pod: string): Promise<FoundPod | undefined> => {
    type Named = Readonly<{ id: string; metadata?: Readonly<{ name: string; uid: string }> | null }>
    const { items = [] } = await ask<{ items?: readonly Named[] }>('ListPodSandbox', {})
    // containerd lists the youngest first.
    const found = items.find(({ metadata }) => metadata?.name === pod)
    if (found === undefined) return undefined
    const { containers = [] } = await ask<{
      containers?: readonly (Named & { podSandboxId: string; state?: number })[]
    }>('ListContainers', {})
    const own = containers.filter((one) => one.podSandboxId === found.id && one.state === RUNNING)
    return {
      sandbox: found.id,
      uid: found.metadata?.uid ?? '',
      containers: new Map(own.map(({ id, metadata }) => [metadata?.name ?? '', id])),
    }
  }
  return {
    ask,
    find,
    async pods() {
      const { items } = await ask<{ items?: readonly { id: string }[] }>('ListPodSandbox', {})
      return (items ?? []).map(({ id }) => id)
    },
    close: () => client.close(),
  }
}
