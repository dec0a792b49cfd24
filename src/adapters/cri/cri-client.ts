import type { Client } from '@grpc/grpc-js'
import { raise } from '../containers/index.ts'
import { raiseCri } from './errors.ts'
import { CRI_MESSAGES } from './messages.ts'

/** Answers of one runtime, from one connection. What is not there is undefined. */
export type CriCalls = Readonly<{
  /** `RuntimeService/Version`, … Throws ENGINE_UNREACHABLE, CRI_NOT_SERVED, ENGINE_REFUSED. */
  ask: <Answer>(call: CriCall, request: Readonly<Record<string, unknown>>) => Promise<Answer | undefined>
}>

/** The calls that Anneal makes: each of them reads. */
export type CriCall =
  | 'RuntimeService/Version'
  | 'RuntimeService/Status'
  | 'RuntimeService/ListPodSandbox'
  | 'RuntimeService/PodSandboxStatus'
  | 'RuntimeService/ListContainers'
  | 'RuntimeService/ContainerStatus'
  | 'ImageService/ImageStatus'

const DEADLINE_MS = 20_000

/** gRPC's status codes (https://grpc.io/docs/guides/status-codes/). */
const STATUS = { deadlineExceeded: 4, notFound: 5, unimplemented: 12, unavailable: 14 } as const

/**
 * Does `work` with a connection to the socket, which is closed afterwards: nothing of it keeps the process alive. The
 * libraries are loaded by the first call, so that commands on nodes without pods do not wait for them.
 */
export async function withCri<T>(socketPath: string, work: (calls: CriCalls) => Promise<T>): Promise<T> {
  const [{ Client, credentials }, { default: protobuf }] = await Promise.all([
    import('@grpc/grpc-js'),
    import('protobufjs/light.js'),
  ])
  const messages = protobuf.Root.fromJSON(CRI_MESSAGES)
  const client = new Client(`unix:${socketPath}`, credentials.createInsecure(), {
    // A path is no host name, and HTTP/2 servers in Go refuse one as such.
    'grpc.default_authority': 'localhost',
    'grpc.max_receive_message_length': 64 * 1024 * 1024,
  })
  const ask = async <Answer>(call: CriCall, request: Readonly<Record<string, unknown>>) => {
    const name = call.slice(call.indexOf('/') + 1)
    const [requestType, answerType] = ['Request', 'Response'].map((end) => messages.lookupType(name + end))
    if (requestType === undefined || answerType === undefined) throw new Error(`no messages of ${call}`)
    const answer = await unary(client, `/runtime.v1.${call}`, {
      bytes: Buffer.from(requestType.encode(requestType.fromObject(request)).finish()),
      address: socketPath,
      subject: subjectOf(request),
    })
    if (answer === undefined) return undefined
    const options = { longs: Number, defaults: true, arrays: true, objects: true }
    return answerType.toObject(answerType.decode(answer), options) as Answer
  }
  try {
    return await work({ ask })
  } finally {
    client.close()
  }
}

type Sent = Readonly<{ bytes: Buffer; address: string; subject: string }>

function unary(client: Client, path: string, { bytes, address, subject }: Sent): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const same = (buffer: Buffer) => buffer
    const deadline = Date.now() + DEADLINE_MS
    client.makeUnaryRequest<Buffer, Buffer>(path, same, same, bytes, { deadline }, (error, answer) => {
      if (error === null) return resolve(answer)
      const code: number = error.code
      if (code === STATUS.notFound) return resolve(undefined)
      reject(explained(error, address, subject))
    })
  })
}

/** What gRPC says of a socket is long, and ends with an empty note. */
const CONNECTIONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket',
  ECONNREFUSED: 'no daemon listens on it',
  EACCES: 'this user may not open it',
  EPERM: 'this user may not open it',
}

function explained(error: { code: number; details: string }, address: string, subject: string): Error {
  const reason = error.details
  switch (error.code) {
    case STATUS.unavailable:
    case STATUS.deadlineExceeded:
      return raise(
        'ENGINE_UNREACHABLE',
        {
          engine: 'containerd',
          address,
          state: CONNECTIONS[/connect (E[A-Z]+)/.exec(reason)?.[1] ?? ''] ?? reason,
          advice: 'start containerd, or name its socket with --engine-socket',
        },
        error,
      )
    case STATUS.unimplemented:
      return raiseCri('CRI_NOT_SERVED', { address, reason }, error)
    default:
      return raise('ENGINE_REFUSED', { action: 'read', subject, engine: 'containerd', reason }, error)
  }
}

function subjectOf(request: Readonly<Record<string, unknown>>): string {
  const id = request['containerId'] ?? request['podSandboxId']
  return typeof id === 'string' ? id : 'containerd'
}
