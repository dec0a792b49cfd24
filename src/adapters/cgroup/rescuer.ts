import { setTimeout as sleep } from 'node:timers/promises'
import {
  SHARED_HELPERS,
  guestCgroup,
  isInPartition,
  limitsToKeep,
  machineName,
  machineScope,
  planHelperRescue,
  planRescue,
  remainingInside,
} from '../../node/index.ts'
import type { Guest, Helper, Movable, ProcessId, RescueMethod, RescuePlan } from '../../node/index.ts'
import type { RescueReport, Rescuer } from '../../ports/index.ts'
import type { Units } from '../systemd/index.ts'
import { applyPlan, describeLimit } from './apply-plan.ts'
import type { Outcome } from './apply-plan.ts'
import { raiseRescue } from './errors.ts'
import type { Kernel } from './kernel.ts'
import type { DeviceFilter, KeptLimit, RescueRecords } from './rescue-record.ts'

export type RescuerOptions = Readonly<{
  kernel: Kernel
  units: Units
  records: RescueRecords
  /** How long systemd may take to move a process into its scope. */
  scopeTimeoutMs?: number
}>

/** Threads that QEMU starts while its threads are moved are born where their parent is: each round meets fewer. */
const ROUNDS = 20

/**
 * Moves guests and helpers out of containers; docs/rescue.md says how and why.
 *
 * INVARIANTS:
 * - Nothing is ever signalled, and no process is moved into a container.
 * - Before systemd moves anything, the limits that this makes invisible are on record; the record goes when all is done.
 * - The report comes from a fresh reading: it is never said that a process is outside when it is not.
 */
export function cgroupRescuer(options: RescuerOptions): Rescuer {
  const { kernel, units, records } = options

  /** Plans afresh in each round, since threads come and go; `makeUnit` gives the base once it exists. */
  const carryOut = async (work: Work): Promise<RescueReport> => {
    const start = work.plan(undefined)
    const record = records.read(work.id)
    if (!start.needed && !work.unknownToMachined && record === undefined) {
      return { method: work.method, unit: lastPart(start.base), moved: [], limits: [] }
    }
    const all = record?.limits ?? readLimits(kernel, start)
    const deviceFilter = record === undefined ? deviceFilterOf(start) : record.deviceFilter
    if (record === undefined) {
      const filter = deviceFilter === undefined ? {} : { deviceFilter }
      records.write({ version: 1, ...idOf(work.id), limits: all, ...filter })
    }
    // With v2 at hand libvirt filters devices there: a v1 list would stay as it is and forbid what is attached later.
    const isDead = (limit: KeptLimit): boolean =>
      limit.file === 'devices.list' && kernel.v2Controllers().length > 0
    const limits = all.filter((limit) => !isDead(limit))
    const base = await work.makeUnit(start.base)
    const outcome: Outcome = {
      limits: new Set(),
      limitTrouble: new Set(all.filter(isDead).map(describeLimit)),
      moveTrouble: [],
    }
    const madeBySystemd = work.method !== 'cgroups'
    let before = ''
    for (let round = 0; round < ROUNDS; round += 1) {
      const plan = work.plan(base)
      const pending = pendingMoves(kernel, plan)
      // A round that changed nothing would be followed by others like it.
      if (round > 0 && (pending === '' || pending === before)) break
      before = pending
      outcome.moveTrouble = []
      applyPlan({ kernel, plan, limits, deviceFilter, madeBySystemd, outcome })
    }
    if (madeBySystemd) await keepAsProperties(units, lastPart(base), limits, outcome)
    const remaining = remainingInside(work.movables(), work.from)
    if (remaining.length > 0) {
      const reasons =
        outcome.moveTrouble.length > 0 ? outcome.moveTrouble : ['its hierarchy is not mounted here']
      throw raiseRescue('RESCUE_FAILED', { subject: work.subject, remaining, reasons })
    }
    records.remove(work.id)
    return {
      method: work.method,
      unit: lastPart(base),
      moved: movesBetween(start, work.plan(base)),
      limits: [...outcome.limits],
      ...(outcome.limitTrouble.size === 0 ? {} : { notKept: [...outcome.limitTrouble] }),
    }
  }

  const waitForScope = async (unit: string, pid: number): Promise<string> => {
    const deadline = performance.now() + (options.scopeTimeoutMs ?? 10_000)
    for (;;) {
      const cgroup = await units.cgroupOf(unit)
      if (cgroup !== undefined) return cgroup
      if (performance.now() > deadline) {
        throw raiseRescue('RESCUE_FAILED', {
          subject: `process ${pid}`,
          remaining: [`process ${pid}`],
          reasons: [`systemd did not start ${unit}`],
        })
      }
      await sleep(20)
    }
  }

  return {
    method: () => units.method(),

    async rescue(guest, helpers, from) {
      const subject = `guest "${guest.name}"`
      const own = helpers.filter((helper) => belongsTo(helper, guest) && isSame(kernel, helper.identity))
      const together = new Set([guest, ...own].map(({ identity }) => identity.pid))
      check(kernel, subject, guest.identity, together)
      for (const helper of own)
        check(kernel, `helper ${helper.name} of ${subject}`, helper.identity, together)
      const method = await units.method()
      const known = method === 'machined' ? await units.machineOf(guest.identity.pid) : undefined
      const main = (): Movable => kernel.threadsOf(guest.identity.pid)
      const machine = known?.name ?? machineNameOf(guest, main())
      const movables = (): readonly Movable[] => [
        main(),
        ...own.map(({ identity }) => kernel.threadsOf(identity.pid)),
      ]
      return carryOut({
        subject,
        id: guest.identity,
        method,
        from,
        movables,
        unknownToMachined: method === 'machined' && known === undefined && isInPartition(main()),
        plan(base) {
          return planRescue({
            method,
            machine,
            base,
            guest: main(),
            helpers: movables().slice(1),
            v2Controllers: kernel.v2Controllers(),
            from,
          })
        },
        async makeUnit(proposed) {
          if (method === 'cgroups') return proposed
          const unit = known?.unit ?? machineScope(machine)
          const cgroup = await units.cgroupOf(unit)
          if (cgroup !== undefined) return cgroup
          const slice = lastPart(proposed.slice(0, proposed.lastIndexOf('/')))
          const { pid } = guest.identity
          if (method === 'machined')
            await units.createMachine({ name: machine, uuid: guest.uuid, pid, slice })
          else await units.startScope({ unit, slice, description: `Virtual Machine ${machine}`, pids: [pid] })
          return waitForScope(unit, pid)
        },
      })
    },

    async rescueHelper(helper, from) {
      const { pid } = helper.identity
      const subject = `helper ${helper.name} (${helper.kind})`
      check(kernel, subject, helper.identity, new Set([pid]))
      const method = await units.method()
      const name = `anneal-${helper.kind}-${pid}`
      const movables = (): readonly Movable[] => [kernel.threadsOf(pid)]
      return carryOut({
        subject,
        id: helper.identity,
        // machined knows machines; a helper is none.
        method: method === 'machined' ? 'systemd' : method,
        from,
        movables,
        unknownToMachined: false,
        plan: (base) =>
          planHelperRescue({
            base: base ?? (method === 'cgroups' ? `/anneal/${name}` : `/system.slice/${name}.scope`),
            helper: kernel.threadsOf(pid),
            from,
          }),
        async makeUnit(proposed) {
          if (method === 'cgroups') return proposed
          const unit = lastPart(proposed)
          const cgroup = await units.cgroupOf(unit)
          if (cgroup !== undefined) return cgroup
          const description = `${helper.name} that guests need`
          await units.startScope({ unit, slice: 'system.slice', description, pids: [pid] })
          return waitForScope(unit, pid)
        },
      })
    },
  }
}

type Work = Readonly<{
  /** For messages. */
  subject: string
  id: ProcessId
  method: RescueMethod
  from: readonly string[]
  movables: () => readonly Movable[]
  plan: (base: string | undefined) => RescuePlan
  makeUnit: (proposed: string) => Promise<string>
  /** machined is there and does not know the guest: a libvirt that finds both kills it (`isUnknownToMachined`). */
  unknownToMachined: boolean
}>

/** `together`: the processes that are moved in one go. */
function check(kernel: Kernel, subject: string, id: ProcessId, together: ReadonlySet<number>): void {
  if (!isSame(kernel, id)) throw raiseRescue('RESCUE_TARGET_GONE', { subject, pid: id.pid })
  if (isInForeignPidNamespace(kernel, id.pid, together)) {
    throw raiseRescue('RESCUE_IMPOSSIBLE', {
      subject,
      reason: 'it lives in the pid namespace of the container, which no process can leave',
      advice:
        'Live-migrate it to another node or shut it down, then deploy libvirt with the host pid namespace (`pid: host`).',
    })
  }
  const unreachable = kernel
    .threadsOf(id.pid)
    .threads.flatMap((thread) => thread.cgroups)
    .find((line) => line.path.startsWith('/..'))
  if (unreachable === undefined) return
  throw raiseRescue('RESCUE_IMPOSSIBLE', {
    subject,
    reason: `its control group ${unreachable.path} lies outside of the cgroup namespace that Anneal runs in`,
    advice:
      'Run Anneal on the host itself, or in a container with the host cgroup namespace and /sys/fs/cgroup of the host.',
  })
}

/**
 * A pid namespace ends with its first process. One that a rescued process made for its own children (virtiofsd does,
 * as a sandbox) is no container's.
 */
function isInForeignPidNamespace(kernel: Kernel, pid: number, together: ReadonlySet<number>): boolean {
  const own = kernel.identify(pid)?.pidNamespace
  if (own === kernel.hostPidNamespace()) return false
  let outside = pid
  while (outside > 1 && kernel.identify(outside)?.pidNamespace === own) {
    outside = kernel.identify(outside)?.ppid ?? 0
  }
  return !together.has(outside)
}

function isSame(kernel: Kernel, id: ProcessId): boolean {
  return kernel.identify(id.pid)?.startTicks === id.startTicks
}

function belongsTo(helper: Helper, guest: Guest): boolean {
  return !SHARED_HELPERS.has(helper.kind) && helper.guests.length === 1 && helper.guests[0] === guest.uuid
}

/** As libvirt names it by its domain id; without one as its cgroup is named; else by its pid, which is unique too. */
function machineNameOf(guest: Guest, process: Movable): string {
  if (guest.machine !== undefined) return guest.machine
  if (guest.domainId !== undefined) return machineName(guest.domainId, guest.name)
  const own = process.threads.flatMap((thread) => thread.cgroups).map((line) => guestCgroup(line.path))
  const named = own
    .map((path) => /\/([^/]+)\.libvirt-qemu$/.exec(path ?? '')?.[1])
    .find((name) => name !== undefined)
  return named ?? machineName(guest.identity.pid, guest.name)
}

function readLimits(kernel: Kernel, plan: RescuePlan): readonly KeptLimit[] {
  return plan.levels.flatMap((level) => {
    const readings = level.from.map((path) => kernel.limits(level, path))
    return limitsToKeep(readings).map((limit): KeptLimit => {
      const to = limit.onScope ? level.scope : level.to
      const { hierarchy, controllers } = level
      return { ...limit, hierarchy, controllers, path: to.slice(plan.base.length) }
    })
  })
}

/** libvirt's filter is attached to the cgroup that it gave the guest; one that never had such a cgroup has none. */
function deviceFilterOf(plan: RescuePlan): DeviceFilter | undefined {
  // The shortest is that of the whole guest; the others are of its threads.
  const [level] = plan.levels
    .filter(({ hierarchy }) => hierarchy === 0)
    .toSorted((a, b) => a.to.length - b.to.length)
  const from = level?.from[0]
  if (level === undefined || from === undefined || guestCgroup(from) === undefined) return undefined
  return { from, path: level.to.slice(plan.base.length) }
}

/** systemd writes what it knows of a unit whenever it looks at it anew: what it does not know would be lost then. */
async function keepAsProperties(
  units: Units,
  unit: string,
  limits: readonly KeptLimit[],
  outcome: Outcome,
): Promise<void> {
  for (const { file, value, path, property } of limits) {
    const number = /(\d+)$/.exec(value)?.[1]
    if (property === undefined || number === undefined || path !== '') continue
    try {
      await units.setProperties(unit, { [property]: Number(number) })
    } catch {
      outcome.limitTrouble.add(`${property} of ${unit} (${file}=${value})`)
    }
  }
}

/** What is not where it belongs, as text to compare. */
function pendingMoves(kernel: Kernel, plan: RescuePlan): string {
  return plan.placements
    .filter((placement) => placement.from !== placement.to && kernel.isMounted(placement))
    .map(({ hierarchy, tid, from }) => `${hierarchy} ${tid} ${from}`)
    .join('\n')
}

/** One line for each process and hierarchy that is elsewhere than before. */
function movesBetween(before: RescuePlan, after: RescuePlan): RescueReport['moved'] {
  const now = new Map(
    after.placements.map((placement) => [`${placement.hierarchy} ${placement.tid}`, placement]),
  )
  return before.placements.flatMap(({ hierarchy, controllers, pid, tid, from }) => {
    const to = now.get(`${hierarchy} ${tid}`)?.from
    if (tid !== pid || to === undefined || to === from) return []
    return [{ pid, hierarchy: controllers.join(',') || 'v2', from, to }]
  })
}

function idOf({ pid, startTicks }: ProcessId): ProcessId {
  return { pid, startTicks }
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
