/**
 * A real libvirt as a DaemonSet, and a real QEMU guest. Runs in the namespaces of a kubelet:
 *
 *     libvirt-on-node.ts FOLDER-OF-PROGRAMS OLD.tar NEW.tar BOOT-SECTOR
 *
 * A JSON line for each step. The archives are those of `docker save`.
 */
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  REPOSITORY,
  domainXml,
  guestUuid,
  instanceDirectory,
  parseTicks,
  removeTree,
  run,
  tickGaps,
  tickPath,
} from '../../../../lab/index.ts'
import type { Containerd } from '../../../../lab/index.ts'
import { processOf } from '../../../matrix/pods/guests.ts'
import { groupOf, mountedHierarchies, moveTo } from '../../../matrix/pods/hierarchies.ts'
import { DAEMON_SET, NAMESPACE, SET_PATH, startCluster } from './cluster.ts'

const [programs = '', oldArchive = '', newArchive = '', sector = ''] = process.argv.slice(2)
const GUEST = 'pod-guest'
/** Where libvirt puts it, below the root of each hierarchy. */
const MACHINE = `qemu-1-${GUEST}.libvirt-qemu`
const DEVICES = { name: 'devices', mount: '/sys/fs/cgroup/devices' }
const STRATEGIC = 'application/strategic-merge-patch+json'
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`
/** What a libvirt shares with its host; made anew for this cluster. */
const SHARED = ['/run/libvirt', '/var/lib/libvirt', '/var/log/libvirt', '/etc/libvirt/qemu', '/var/lib/nova']
for (const folder of SHARED) {
  mkdirSync(folder, { recursive: true })
  await must('mount', '-t', 'tmpfs', 'tmpfs', folder)
}
const images = { old: '', new: '' }
const cluster = await startCluster(programs, async (containerd) => {
  images.old = await imported(containerd, oldArchive)
  images.new = await imported(containerd, newArchive)
  return libvirtSet(images.old)
})
const { plane, containerd, directory } = cluster
const say = (value: unknown): unknown => process.stdout.write(`${JSON.stringify(value)}\n`)

try {
  await readyPod()
  const guest = await startGuest()
  await template(images.new)
  // In one hierarchy it is where the pod's container is: the kubelet would end it.
  const outside = groupOf(guest.pid, DEVICES)
  moveTo(guest.pid, DEVICES, groupOf(await podPid(), DEVICES))
  say({ name: 'guest inside', ...(await replace()), ...(await seen(guest)) })
  moveTo(guest.pid, DEVICES, outside)
  for (const [name, image] of [
    ['upgrade', images.new],
    ['configuration', images.new],
    ['downgrade', images.old],
  ] as const) {
    await template(image, name)
    const watch = watchApi()
    const result = await replace()
    say({ name, ...result, awayMs: await watch(), ...(await seen(guest)) })
  }
} finally {
  const pid = guestPid()
  if (pid !== undefined) process.kill(pid, 'SIGKILL')
  await cluster.close()
  for (const { mount } of mountedHierarchies()) removeTree(join(mount, 'machine', MACHINE))
}

async function must(...argv: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(argv)
  if (exitCode !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`)
  return stdout
}

/** Its reference by digest, which no registry has given: containerd knows it by that name. */
async function imported({ ctr }: Containerd, archive: string): Promise<string> {
  const name = /unpacking (\S+)/.exec(await ctr(['images', 'import', archive]))?.[1] ?? ''
  const digest = /sha256:[0-9a-f]{64}/.exec(await ctr(['images', 'ls', `name==${name}`]))?.[0]
  const pinned = `${name.replace(/:[^/]*$/, '')}@${digest}`
  await ctr(['images', 'tag', name, pinned])
  return pinned
}

function libvirtSet(image: string, revision = ''): object {
  const mounts = [...SHARED, '/sys/fs/cgroup', '/dev']
  const container = {
    name: 'libvirt',
    image,
    imagePullPolicy: 'IfNotPresent',
    env: [
      { name: 'STDIO_HANDLER', value: 'file' },
      { name: 'REVISION', value: revision },
    ],
    securityContext: { privileged: true },
    readinessProbe: {
      exec: { command: ['virsh', '--connect', 'qemu:///system', 'list'] },
      periodSeconds: 1,
      timeoutSeconds: 20,
    },
    volumeMounts: mounts.map((mountPath, at) => ({ name: `v${at}`, mountPath })),
  }
  return {
    metadata: { name: DAEMON_SET },
    spec: {
      selector: { matchLabels: { application: 'libvirt' } },
      updateStrategy: { type: 'OnDelete' },
      template: {
        metadata: { labels: { application: 'libvirt' } },
        spec: {
          hostNetwork: true,
          hostPID: true,
          hostIPC: true,
          terminationGracePeriodSeconds: 10,
          containers: [container],
          volumes: mounts.map((path, at) => ({ name: `v${at}`, hostPath: { path } })),
        },
      },
    },
  }
}

async function template(image: string, revision = ''): Promise<void> {
  await plane.ask('PATCH', SET_PATH, libvirtSet(image, revision), STRATEGIC)
  for (let look = 0; look < 100; look += 1) {
    const { metadata, status } = (await plane.ask('GET', SET_PATH)).body as Readonly<
      Record<string, Readonly<Record<string, unknown>>>
    >
    if (metadata?.['generation'] === status?.['observedGeneration']) return
    await sleep(100)
  }
}

type Pod = Readonly<{
  metadata: Readonly<{ name: string }>
  spec: Readonly<{ containers: readonly Readonly<{ image: string }>[] }>
  status: Readonly<{ conditions?: readonly Readonly<{ type: string; status: string }>[] }>
}>

async function pods(): Promise<readonly Pod[]> {
  return (await plane.ask('GET', PODS)).body['items'] as readonly Pod[]
}

async function readyPod(): Promise<void> {
  for (let look = 0; look < 200; look += 1) {
    const all = await pods()
    const ready = all[0]?.status.conditions?.find(({ type }) => type === 'Ready')
    if (all.length === 1 && ready?.status === 'True') return
    await sleep(200)
  }
  const logs = await run(['sh', '-c', 'tail -n 30 /var/log/pods/*/*/*.log'])
  throw new Error(`no pod is ready:\n${logs.stdout}`)
}

/** The first process of libvirt's container. */
async function podPid(): Promise<number> {
  const pod = await containerd.client.find((await pods())[0]?.metadata.name ?? '')
  const id = pod?.containers.get('libvirt') ?? ''
  return Number(new RegExp(`^${id}\\s+(\\d+)`, 'm').exec(await containerd.ctr(['task', 'ls']))?.[1])
}

async function inPod(argv: readonly string[]): Promise<string> {
  const pod = await containerd.client.find((await pods())[0]?.metadata.name ?? '')
  const id = pod?.containers.get('libvirt') ?? ''
  return containerd.ctr(['tasks', 'exec', '--exec-id', `x${Date.now()}`, id, ...argv])
}

function virsh(...argv: readonly string[]): Promise<string> {
  return inPod(['virsh', '--connect', 'qemu:///system', ...argv])
}

type Process = Readonly<{ pid: number; startTicks: number }>

async function startGuest(): Promise<Process> {
  const folder = instanceDirectory(GUEST)
  mkdirSync(folder, { recursive: true })
  writeFileSync(tickPath(GUEST), '')
  const disk = Buffer.alloc(1 << 20)
  readFileSync(sector).copy(disk)
  // The divisor of the PIT for 20 ms (lab/boot-sector.ts).
  disk.writeUInt16LE(23_864, 508)
  writeFileSync(join(folder, 'disk'), disk)
  for (const path of [folder, tickPath(GUEST), join(folder, 'disk')]) chownSync(path, 64_055, 64_055)
  writeFileSync(join(folder, 'domain.xml'), domainXml({ name: GUEST, boots: 'sector' }))
  await virsh('define', join(folder, 'domain.xml'))
  await virsh('start', GUEST)
  for (let look = 0; look < 300; look += 1) {
    const one = processOf(guestPid() ?? 0)
    if (one !== undefined && parseTicks(readFileSync(tickPath(GUEST), 'utf8')).length > 3) return one
    await sleep(100)
  }
  throw new Error('the guest does not tick')
}

function guestPid(): number | undefined {
  try {
    return Number(readFileSync(`/run/libvirt/qemu/${GUEST}.pid`, 'utf8'))
  } catch {
    return undefined
  }
}

function isSame({ pid, startTicks }: Process): boolean {
  return processOf(pid)?.startTicks === startTicks
}

async function replace(): Promise<Readonly<Record<string, unknown>>> {
  const argv = [
    join(REPOSITORY, 'anneal'),
    'node',
    'replace-pod',
    `${NAMESPACE}/${DAEMON_SET}`,
    '--node-name=node1',
    `--state=${join(directory, 'state')}`,
    `--engine-socket=${containerd.socket}`,
    `--kubeconfig=${cluster.kubeconfigs.anneal}`,
    '--pod-timeout=60s',
    '--json',
  ]
  const { exitCode, stdout, stderr } = await run(argv, { timeoutMs: 300_000 })
  return { exitCode, value: JSON.parse(stdout === '' ? stderr : stdout) as unknown }
}

/** By the kernel's word, the guest's own and libvirt's. */
async function seen(guest: Process): Promise<Readonly<Record<string, unknown>>> {
  const before = parseTicks(readFileSync(tickPath(GUEST), 'utf8')).length
  await sleep(1000)
  const ticks = parseTicks(readFileSync(tickPath(GUEST), 'utf8'))
  const listed = await virsh('list', '--all').catch((error: unknown) => String(error))
  return {
    alive: isSame(guest),
    ticks: ticks.length,
    goesOn: ticks.length > before,
    ...tickGaps(ticks),
    listed: listed.split('\n').filter((line) => line.includes(GUEST) && line.includes('running')),
    version: (await virsh('version').catch((error: unknown) => String(error)))
      .split('\n')
      .find((line) => line.startsWith('Using library')),
    image: (await pods()).map(({ spec }) => spec.containers[0]?.image),
    uuid: guestUuid(GUEST),
  }
}

/** How long libvirt's socket took no connection, at most. */
function watchApi(): () => Promise<number> {
  let longest = 0
  let last = performance.now()
  const end = new AbortController()
  const watching = (async () => {
    while (!end.signal.aborted) {
      if (await connects()) {
        longest = Math.max(longest, performance.now() - last)
        last = performance.now()
      }
      await sleep(20)
    }
  })()
  return async () => {
    end.abort()
    await watching
    return Math.round(longest)
  }
}

function connects(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection('/run/libvirt/libvirt-sock')
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
