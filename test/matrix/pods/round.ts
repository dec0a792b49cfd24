import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { removeTree } from '../../../lab/index.ts'
import type { Containerd, Kubelet } from '../../../lab/index.ts'
import { killSetOf, openNode } from '../../../src/app/node/index.ts'
import type { KillSets } from '../../../src/app/node/index.ts'
import type { PodCause } from './causes.ts'
import { end, findGuests, isAlive, processOf, startOutside } from './guests.ts'
import type { Alive } from './guests.ts'
import { groupOf, mountedHierarchies } from './hierarchies.ts'
import { place, placementsOf } from './placements.ts'
import type { Places } from './placements.ts'
import { kubeletPod } from './kubelet-pod.ts'
import { makePod } from './pod.ts'
import type { PidMode, Pod } from './pod.ts'

export type Stage = Readonly<{
  containerd: Containerd
  /** Makes the pods, where there is one. */
  kubelet?: Kubelet
  driver: 'cgroupfs' | 'systemd'
  systemd: boolean
  programs: string
  /** Anneal's state directory; nothing is written to it. */
  state: string
}>

/** One process of one pod: what Anneal said of it, and what became of it. */
export type PodCell = Readonly<{
  pidMode: PidMode
  cause: string
  placement: string
  predicted: 'dies' | 'lives'
  mechanisms: readonly string[]
  happened: 'dies' | 'lives'
  /** Whether Anneal counted it as a guest, and its danger as that of one. Of a container's first process: undefined. */
  counted?: boolean
  verdict: 'agree' | 'false alarm' | 'FALSE SAFE'
}>

const PATIENCE = 200

/** One pod with a guest in every placement: asked about, ended, looked at. */
export async function runRound(stage: Stage, pidMode: PidMode, cause: PodCause): Promise<readonly PodCell[]> {
  const { containerd } = stage
  const hierarchies = mountedHierarchies()
  const placements = placementsOf(hierarchies, stage.systemd).map((one) => ({ ...one, uuid: randomUUID() }))
  const born = (how: string) => placements.filter((one) => one.born === how).map(({ uuid }) => uuid)
  const wish = {
    pidMode,
    driver: stage.driver,
    programs: stage.programs,
    inside: born('inside'),
    sessions: born('session'),
  }
  const pod =
    stage.kubelet === undefined
      ? await makePod(containerd, wish)
      : await kubeletPod(containerd, stage.kubelet, wish)
  for (const uuid of born('outside')) startOutside(stage.programs, uuid)
  const guests = await findGuests(placements.map(({ uuid }) => uuid))
  const outside = `/${containerd.group}-outside/${pod.sandbox.slice(0, 12)}`
  try {
    const firsts = await firstProcesses(containerd, pod)
    const places = placesOf(firsts, pod, outside)
    for (const one of placements) {
      const guest = guests.get(one.uuid)
      if (guest !== undefined) await place(guest.pid, one, hierarchies, places)
    }
    await cause.before?.(containerd, pod)
    const answer = await ask(stage, cause, cause.of === 'pod' ? pod.name : `${pod.name}/libvirt`)
    const watched = [
      ...placements.map(({ name, uuid }) => ({ name, uuid, process: guests.get(uuid) })),
      ...Object.entries(firsts).map(([name, process]) => ({ name: `first of ${name}`, uuid: '', process })),
    ].filter(
      (one): one is typeof one & { process: Alive } => one.process !== undefined && isAlive(one.process),
    )
    await cause.act(containerd, pod)
    const named = answer.killSets.flatMap((killSet) => killSet.doomed)
    const doomed = new Map(named.map((one) => [one.pid, one]))
    await settle(watched.map(({ process }) => process).filter(({ pid }) => doomed.has(pid)))
    return watched.map(({ name, uuid, process }): PodCell => {
      const danger = doomed.get(process.pid)
      const predicted = danger === undefined ? 'lives' : 'dies'
      const happened = isAlive(process) ? 'lives' : 'dies'
      const isGuest = answer.census.guests.some((guest) => guest.uuid === uuid)
      const isEndangered = answer.endangered.some((one) => one.subject === uuid)
      return {
        pidMode,
        cause: cause.name,
        placement: name,
        predicted,
        mechanisms: danger?.mechanisms ?? [],
        happened,
        ...(uuid === '' ? {} : { counted: isGuest && isEndangered === (danger !== undefined) }),
        verdict: predicted === happened ? 'agree' : predicted === 'dies' ? 'false alarm' : 'FALSE SAFE',
      }
    })
  } finally {
    for (const one of guests.values()) end(one)
    const sandbox = { podSandboxId: pod.sandbox }
    await containerd.client.ask('StopPodSandbox', sandbox).catch(() => undefined)
    await containerd.client.ask('RemovePodSandbox', sandbox).catch(() => undefined)
    for (const { mount } of hierarchies) {
      for (const path of [pod.cgroup, outside]) removeTree(join(mount, path))
    }
  }
}

type Firsts = Readonly<{ sandbox: Alive; libvirt: Alive; beside: Alive }>

/** containerd's own word for the first processes. */
async function firstProcesses({ ctr }: Containerd, pod: Pod): Promise<Firsts> {
  const tasks = await ctr(['task', 'ls'])
  const first = (id: string): Alive => {
    const one = processOf(Number(new RegExp(`^${id}\\s+(\\d+)`, 'm').exec(tasks)?.[1]))
    if (one === undefined) throw new Error(`no process of ${id} in:\n${tasks}`)
    return one
  }
  return { sandbox: first(pod.sandbox), libvirt: first(pod.libvirt), beside: first(pod.beside) }
}

function placesOf(firsts: Firsts, { cgroup }: Pod, outside: string): Places {
  return {
    own: (hierarchy) => groupOf(firsts.libvirt.pid, hierarchy),
    sandbox: (hierarchy) => groupOf(firsts.sandbox.pid, hierarchy),
    beside: (hierarchy) => groupOf(firsts.beside.pid, hierarchy),
    pod: () => cgroup,
    outside,
  }
}

/** What `anneal node kill-set` prints, without the start of a program: a matrix asks some hundred times. */
async function ask({ containerd, state }: Stage, { asked }: PodCause, name: string): Promise<KillSets> {
  const world = await openNode(
    {
      engine: 'containerd',
      engineSocket: containerd.socket,
      environment: {},
      stateDirectory: state,
      access: 'read',
    },
    'compute kill sets',
  )
  return killSetOf(world, [name], asked)
}

/** Until those who should die have died, or will not. */
async function settle(doomed: readonly Alive[]): Promise<void> {
  for (let look = 0; look < PATIENCE && doomed.some(isAlive); look += 1) await sleep(25)
  // What dies though it should live dies no later than what should.
  await sleep(500)
}
