import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'

export type ControlPlaneOptions = Readonly<{
  /** Folder with etcd, kube-apiserver, kube-controller-manager and kube-scheduler. */
  programs: string
  /** Made, and removed at the end. */
  directory: string
}>

export type ApiReply = Readonly<{ status: number; body: Readonly<Record<string, unknown>> }>

/** etcd, an apiserver with RBAC, the controllers and the scheduler, in the namespaces that for-kubelet.sh was called in. */
export type ControlPlane = Readonly<{
  server: string
  /** PEM. */
  ca: string
  /** Writes a kubeconfig for a bearer token, or for one of the cluster's own; gives its path. */
  kubeconfig: (name: string, token?: string) => string
  /** As an administrator. */
  ask: (method: string, path: string, json?: unknown, contentType?: string) => Promise<ApiReply>
  /** SIGKILL to a program, and it again. */
  stop: (program: Program) => Promise<void>
  start: (program: Program) => void
  close: () => Promise<void>
}>

const PROGRAMS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const

type Program = (typeof PROGRAMS)[number]

/** The address that for-kubelet.sh gives. */
const ADDRESS = '192.0.2.1'

const READY_MS = 120_000

export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { directory, programs } = options
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text, { mode: 0o600 })
    return join(directory, name)
  }
  const server = `https://${ADDRESS}:6443`
  const [admin, node] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')]
  const tokens = file(
    'tokens.csv',
    `${admin},admin,admin,"system:masters"\n${node},system:node:node1,node1,"system:nodes"\n`,
  )
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const [key, publicKey] = [file('sa.key', pair.privateKey), file('sa.pub', pair.publicKey)]
  // The apiserver makes its certificate by itself, with the authority's after it.
  const certificates = join(directory, 'pki')
  const ca = join(certificates, 'apiserver.crt')
  const kubeconfig = (name: string, token = name === 'kubelet' ? node : admin): string =>
    file(
      `${name}.kubeconfig`,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'lab',
        clusters: [{ name: 'lab', cluster: { server, 'certificate-authority': ca } }],
        users: [{ name, user: { token } }],
        contexts: [{ name: 'lab', context: { cluster: 'lab', user: name } }],
      }),
    )
  const [manager, scheduler] = [kubeconfig('kube-controller-manager'), kubeconfig('kube-scheduler')]
  const argumentsOf: Readonly<Record<Program, readonly string[]>> = {
    etcd: [`--data-dir=${join(directory, 'etcd')}`, '--log-level=warn', '--unsafe-no-fsync'],
    'kube-apiserver': [
      '--etcd-servers=http://127.0.0.1:2379',
      `--bind-address=${ADDRESS}`,
      `--advertise-address=${ADDRESS}`,
      `--cert-dir=${certificates}`,
      `--token-auth-file=${tokens}`,
      '--authorization-mode=Node,RBAC',
      '--service-cluster-ip-range=198.51.100.0/24',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${publicKey}`,
      `--service-account-signing-key-file=${key}`,
      '--allow-privileged=true',
    ],
    'kube-controller-manager': [
      `--kubeconfig=${manager}`,
      '--leader-elect=false',
      `--service-account-private-key-file=${key}`,
      `--root-ca-file=${ca}`,
      '--port=0',
      '--secure-port=0',
    ],
    'kube-scheduler': [`--kubeconfig=${scheduler}`, '--leader-elect=false', '--port=0', '--secure-port=0'],
  }
  const running = new Map<Program, ChildProcess>()
  const logOf = (program: Program) => join(directory, `${program}.log`)
  const start = (program: Program): void => {
    const output = openSync(logOf(program), 'a')
    const child = spawn(join(programs, program), argumentsOf[program], { stdio: ['ignore', output, output] })
    running.set(program, child)
  }
  const stop = async (program: Program): Promise<void> => {
    const child = running.get(program)
    running.delete(program)
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  const close = async (): Promise<void> => {
    for (const program of PROGRAMS.toReversed()) await stop(program)
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  }

  const until = performance.now() + READY_MS
  const ready = async (program: Program, look: () => boolean | Promise<boolean>): Promise<void> => {
    for (;;) {
      const ended = running.get(program)?.exitCode
      if (typeof ended === 'number' || performance.now() > until) {
        const log = readFileSync(logOf(program), 'utf8').slice(-3000)
        await close()
        throw new Error(`${program} ${typeof ended === 'number' ? 'has ended' : 'does not answer'}:\n${log}`)
      }
      if (await look()) return
      await sleep(200)
    }
  }
  start('etcd')
  start('kube-apiserver')
  let agent: Agent | undefined
  const ask: ControlPlane['ask'] = async (method, path, json, contentType = 'application/json') => {
    agent ??= new Agent({ connect: { ca: readFileSync(ca, 'utf8') }, pipelining: 0, allowH2: false })
    const { statusCode, body } = await request(`${server}${path}`, {
      dispatcher: agent,
      method: method as 'GET',
      headers: { authorization: `Bearer ${admin}`, 'content-type': contentType },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    })
    const text = await body.text()
    return {
      status: statusCode,
      body: text.startsWith('{') ? (JSON.parse(text) as ApiReply['body']) : { text },
    }
  }
  await ready('kube-apiserver', async () => {
    try {
      return (await ask('GET', '/readyz')).status === 200
    } catch {
      return false
    }
  })
  start('kube-controller-manager')
  start('kube-scheduler')
  return { server, ca: readFileSync(ca, 'utf8'), kubeconfig, ask, start, stop, close }
}
