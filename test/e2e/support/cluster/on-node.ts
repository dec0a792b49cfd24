/**
 * A replacement of pods on a cluster of one node, step by step: a JSON line for each. Runs in the namespaces of a kubelet:
 *
 *     on-node.ts FOLDER-OF-PROGRAMS [story|refusals|crashes|record=FILE]…
 */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { REPOSITORY, run } from '../../../../lab/index.ts'
import { end, findGuests, isAlive } from '../../../matrix/pods/guests.ts'
import type { Alive } from '../../../matrix/pods/guests.ts'
import { mountedHierarchies, moveTo } from '../../../matrix/pods/hierarchies.ts'
import { DAEMON_SET, GUEST, NAMESPACE, SET_PATH, daemonSet, startCluster } from './cluster.ts'
import { recordReplacement, writeRecording } from './record.ts'
import { refusals } from './refusals.ts'

const [programs = '', ...parts] = process.argv.slice(2)
const wants = (part: string): boolean => parts.length === 0 || parts.includes(part)
const cluster = await startCluster(programs)
const { plane, containerd, directory } = cluster
const state = join(directory, 'state')

const wordsFor = (kubeconfig: string, more: readonly string[]): readonly string[] => [
  join(REPOSITORY, 'anneal'),
  'node',
  'replace-pod',
  `${NAMESPACE}/${DAEMON_SET}`,
  '--node-name=node1',
  `--state=${state}`,
  `--engine-socket=${containerd.socket}`,
  `--kubeconfig=${kubeconfig}`,
  '--json',
  ...more,
]

/** `anneal node replace-pod --json`. */
export type Replaced = Readonly<{
  exitCode: number
  value: Readonly<Record<string, unknown>>
  stderr: string
}>

async function replace(
  more: readonly string[] = [],
  kubeconfig = cluster.kubeconfigs.anneal,
): Promise<Replaced> {
  const { exitCode, stdout, stderr } = await run(wordsFor(kubeconfig, more), { timeoutMs: 300_000 })
  const last =
    stdout.trim() === ''
      ? stderr
          .trim()
          .split('\n')
          .filter((line) => line.startsWith('{'))
          .at(-1)
      : stdout
  return { exitCode, value: JSON.parse(last ?? '{}') as Replaced['value'], stderr: stderr.slice(-2000) }
}

const say = (value: unknown): unknown => process.stdout.write(`${JSON.stringify(value)}\n`)

/** The template with another version; the controller has seen it when this resolves. */
async function template(version: string, change: (set: object) => object = (set) => set): Promise<void> {
  const object = change(daemonSet(cluster.programs, cluster.image, version))
  await plane.ask('PATCH', SET_PATH, object, 'application/strategic-merge-patch+json')
  await observed()
}

async function observed(): Promise<void> {
  for (let look = 0; look < 300; look += 1) {
    const { body } = await plane.ask('GET', SET_PATH)
    const [metadata, status] = [body['metadata'], body['status']] as readonly Record<string, unknown>[]
    if (metadata?.['generation'] === status?.['observedGeneration']) return
    await sleep(100)
  }
  throw new Error('the controller does not see the DaemonSet')
}

type Pod = Readonly<{
  metadata: Readonly<{ name: string; uid: string }>
  spec: Readonly<{ containers: readonly Readonly<{ env: readonly Readonly<{ value: string }>[] }>[] }>
  status: Readonly<{ conditions?: readonly Readonly<{ type: string; status: string }>[] }>
}>

async function pods(): Promise<readonly Pod[]> {
  const { body } = await plane.ask('GET', `/api/v1/namespaces/${NAMESPACE}/pods`)
  return body['items'] as readonly Pod[]
}

async function readyPod(): Promise<Pod> {
  for (let look = 0; look < 900; look += 1) {
    const all = await pods()
    const [pod] = all
    const ready = pod?.status.conditions?.find(({ type }) => type === 'Ready')
    if (all.length === 1 && pod !== undefined && ready?.status === 'True') return pod
    await sleep(200)
  }
  throw new Error(`no pod is ready; see ${cluster.kubelet.log}`)
}

const versionOf = (pod: Pod | undefined) => pod?.spec.containers[0]?.env[0]?.value
/** What is true after a step, by the cluster's own word and by the kernel's. */
async function seen(guest: Alive): Promise<Readonly<Record<string, unknown>>> {
  const all = await pods()
  const { body } = await plane.ask('GET', SET_PATH)
  const set = body as Readonly<{ spec: Readonly<{ template: Pick<Pod, 'spec'> }> }>
  return {
    guestAlive: isAlive(guest),
    pods: all.map((pod) => versionOf(pod)),
    template: versionOf(set.spec.template as Pod),
  }
}

/** The guest leaves its pod in each hierarchy, as by cgexec and machined. */
function moveOut({ pid }: Alive): void {
  for (const hierarchy of mountedHierarchies()) moveTo(pid, hierarchy, `/${containerd.group}-outside/guest`)
}

const NEVER_READY = (set: object): object => {
  const changed = structuredClone(set) as { spec: { template: { spec: { containers: object[] } } } }
  const { containers } = changed.spec.template.spec
  changed.spec.template.spec.containers = containers.map((one) => ({
    ...one,
    readinessProbe: { exec: { command: ['/bin/sh', '-c', 'exit 1'] }, periodSeconds: 1 },
  }))
  return changed
}

/** Without the probe again; a strategic merge leaves out nothing by itself. */
const NO_PROBE = (set: object): object => {
  const changed = structuredClone(set) as { spec: { template: { spec: { containers: object[] } } } }
  const { containers } = changed.spec.template.spec
  changed.spec.template.spec.containers = containers.map((one) => ({ ...one, readinessProbe: null }))
  return changed
}

try {
  await readyPod()
  const guest = (await findGuests([GUEST])).get(GUEST)
  if (guest === undefined) throw new Error('the guest has not come up')
  if (wants('refusals')) {
    const change = { cluster, replace, template, observed, readyPod }
    for await (const one of refusals(change, () => moveOut(guest))) say({ ...one, ...(await seen(guest)) })
  }
  moveOut(guest)
  if (wants('story')) {
    await template('two', NO_PROBE)
    say({ name: 'plan', ...(await replace(['--dry-run'])), ...(await seen(guest)) })
    say({ name: 'upgrade', ...(await replace()), ...(await seen(guest)) })
    say({ name: 'again', ...(await replace()), ...(await seen(guest)) })
    await template('never', NEVER_READY)
    say({ name: 'way back', ...(await replace(['--pod-timeout', '15s'])), ...(await seen(guest)) })
  }
  const file = parts.find((part) => part.startsWith('record='))?.slice('record='.length)
  if (file !== undefined) {
    await template('three', NO_PROBE)
    const replaced = await recordReplacement(cluster, 120_000)
    await template('never', NEVER_READY)
    const wentBack = await recordReplacement(cluster, 5000)
    const [{ exchanges: forth }, { exchanges: back }] = [replaced, wentBack]
    writeRecording(file, cluster, { replaced: forth, wentBack: back })
    say({ name: 'record', outcomes: [replaced.outcome, wentBack.outcome] })
  }
  if (wants('crashes')) {
    for (let at = 1; ; at += 1) {
      const version = `crash-${at}`
      await template(version, NO_PROBE)
      const killedAfter = await killedAt(at)
      // What the cluster does meanwhile is its own.
      const recovered = await replace()
      say({ name: 'crash', at, killedAfter, wanted: version, ...recovered, ...(await seen(guest)) })
      if (killedAfter === undefined) break
    }
  }
} finally {
  // Who is still in a group keeps it from being removed.
  const left = await findGuests([GUEST]).catch(() => new Map<string, Alive>())
  for (const one of left.values()) end(one)
  await cluster.close()
}

/** SIGKILL once the journal has so many lines; gives the last of them, undefined where the run ended before. */
async function killedAt(lines: number): Promise<string | undefined> {
  const journal = join(state, 'pods/journal.jsonl')
  rmSync(journal, { force: true })
  const [program = '', ...argv] = wordsFor(cluster.kubeconfigs.anneal, [])
  const child = spawn(program, argv, { stdio: 'ignore', detached: true })
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()))
  for (;;) {
    if (child.exitCode !== null) return undefined
    const written = existsSync(journal) ? readFileSync(journal, 'utf8').split('\n').filter(Boolean) : []
    if (written.length >= lines) {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      await ended
      const last = JSON.parse(written[lines - 1] ?? '{}') as { type: string; data: object }
      return last.type === 'ended' ? undefined : `${last.type} ${JSON.stringify(last.data).slice(0, 120)}`
    }
    await sleep(2)
  }
}
