import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { HOST_LIBVIRTS, LIBVIRT_GUESTS, hostDaemonName, isHostDaemon } from '../../node/index.ts'
import type { Container, HostLibvirt } from '../../node/index.ts'
import type { NodeEngine } from '../../ports/index.ts'
import { dropInPath, hasDropIn, removeDropIn, writeDropIn } from './drop-in.ts'
import { raiseSystemd } from './errors.ts'
import { hostContainer, obstacleOf } from './host-container.ts'
import {
  actingUnits,
  firstArmed,
  isDisarmed,
  isUp,
  mainOf,
  readHostUnits,
  rivalOf,
  servicesOf,
  socketsOf,
  unitsOf,
  value,
} from './host-units.ts'
import type { HostUnits } from './host-units.ts'
import { runApart } from './run-apart.ts'
import { systemctlOf } from './systemctl.ts'
import type { Systemctl } from './systemctl.ts'

export type HostDaemonsOptions = Readonly<{
  root?: string
  /** Prints what `systemctl` prints, for these arguments. */
  systemctl?: Systemctl
}>

const START_MS = 60_000
const POLL_MS = 200

/**
 * An engine in which the host's own libvirt is one more container wherever systemd has its units: `systemd:libvirtd.service`,
 * or `systemd:virtqemud.service` for all modular daemons together. A release takes over from it, and goes back to it, as
 * from any container:
 *
 * - its stop first keeps every unit of libvirt, of either kind, from acting, and libvirt-guests.service, by one drop-in each
 *   that outlives a reboot (`drop-in.ts`), then stops its sockets and services alone, with no job for any other unit;
 * - its start takes the drop-ins away and starts them;
 * - its restart policy is whether the drop-ins are there.
 *
 * A stop is refused where a unit's own would reach guests (HOST_DAEMON_REFUSED), and where both kinds are up
 * (HOST_LIBVIRT_MIXED). Each call is idempotent.
 */
export function withHostDaemons(engine: NodeEngine, options: HostDaemonsOptions = {}): NodeEngine {
  const daemons = new Map(
    HOST_LIBVIRTS.map((libvirt) => [hostDaemonName(libvirt.service), hostLibvirt(libvirt, options)] as const),
  )
  const daemon = (name: string): Daemon | undefined => (isHostDaemon(name) ? daemons.get(name) : undefined)
  return {
    ...engine,
    kind: engine.kind,
    facts: () => engine.facts(),
    async listContainers(filter) {
      const containers = await engine.listContainers(filter)
      if (Object.keys(filter.labels ?? {}).length > 0) return containers
      const own = await readDaemons([...daemons.values()], options)
      return [
        ...containers,
        ...own.filter(
          ({ status, restartPolicy }) =>
            status === 'running' || (restartPolicy === 'no' && filter.running !== true),
        ),
      ]
    },
    inspectContainer: async (name) =>
      isHostDaemon(name) ? daemon(name)?.read() : engine.inspectContainer(name),
    describeContainer: (name) =>
      isHostDaemon(name) ? Promise.resolve(undefined) : engine.describeContainer(name),
    startContainer: (id) => daemon(id)?.start() ?? engine.startContainer(id),
    stopContainer: (id, graceMs) => daemon(id)?.stop(graceMs) ?? engine.stopContainer(id, graceMs),
    armContainer: (id, policy) =>
      (policy === 'no' ? daemon(id)?.disarm() : daemon(id)?.arm()) ?? engine.armContainer(id, policy),
    removeContainer: (id, how) => (isHostDaemon(id) ? Promise.resolve() : engine.removeContainer(id, how)),
    logs: (id, lines, since) => (isHostDaemon(id) ? Promise.resolve('') : engine.logs(id, lines, since)),
    inspectImage: (reference) =>
      isHostDaemon(reference) ? Promise.resolve(undefined) : engine.inspectImage(reference),
    runOnce: (image, how) => (isHostDaemon(image) ? runApart(how) : engine.runOnce(image, how)),
  }
}

type Daemon = ReturnType<typeof hostLibvirt>

/** All that the host has, of one question to systemd. */
async function readDaemons(
  daemons: readonly Daemon[],
  { root, systemctl }: HostDaemonsOptions,
): Promise<readonly Container[]> {
  const there = daemons.filter((one) => one.isInstalled())
  if (there.length === 0 || !isBooted(root ?? '/')) return []
  const units = await readHostUnits(systemctl ?? systemctlOf('tell about libvirt'))
  return there.flatMap((one) => one.of(units) ?? [])
}

/** sd_booted(3) */
function isBooted(root: string): boolean {
  return existsSync(join(root, 'run/systemd/system'))
}

function hostLibvirt(libvirt: HostLibvirt, options: HostDaemonsOptions) {
  const root = options.root ?? '/'
  const systemctl = (action: string, timeoutMs?: number): Systemctl =>
    options.systemctl ?? systemctlOf(action, timeoutMs)
  const show = (): Promise<HostUnits> => readHostUnits(systemctl('tell about libvirt'))
  const reload = (): Promise<string> => systemctl('read units again', 120_000)(['daemon-reload'])
  const isInstalled = (): boolean => existsSync(join(root, libvirt.program))
  const of = (units: HostUnits): Container | undefined =>
    units.has(libvirt.service) ? hostContainer(libvirt, units, root) : undefined

  const disarm = async (): Promise<HostUnits> => {
    const units = await show()
    let unit: string = libvirt.service
    try {
      for (unit of actingUnits(units)) if (!hasDropIn(root, unit)) writeDropIn(root, unit)
    } catch (error) {
      throw raiseSystemd('UNIT_NOT_DISARMED', { unit, why: (error as Error).message }, error)
    }
    if (firstArmed(units) === undefined) return units
    await reload()
    const after = await show()
    const without = firstArmed(after)
    if (without === undefined) return after
    throw raiseSystemd('UNIT_NOT_DISARMED', {
      unit: without,
      why: `systemd does not go by ${dropInPath(without)}`,
    })
  }
  const arm = async (): Promise<HostUnits> => {
    const units = await show()
    let unit: string = libvirt.service
    try {
      for (unit of [...HOST_LIBVIRTS.flatMap(unitsOf), LIBVIRT_GUESTS]) removeDropIn(root, unit)
    } catch (error) {
      throw raiseSystemd('UNIT_NOT_REARMED', { unit, why: (error as Error).message }, error)
    }
    if (![...units.keys()].some((name) => isDisarmed(units, name))) return units
    await reload()
    return show()
  }

  return {
    isInstalled,
    of,
    async read(): Promise<Container | undefined> {
      return isBooted(root) && isInstalled() ? of(await show()) : undefined
    },
    disarm: async (): Promise<void> => {
      await disarm()
    },
    arm: async (): Promise<void> => {
      await arm()
    },
    async stop(graceMs: number): Promise<void> {
      const before = await show()
      refuse(libvirt, before)
      const units = await disarm()
      const stop = systemctl(`stop ${libvirt.service}`, graceMs + START_MS)
      // What has the driver of QEMU ends last: the next libvirt begins then, and must find no other driver locked.
      const others = libvirt.daemons.filter(({ service }) => service !== libvirt.service)
      for (const names of [
        others.flatMap(({ sockets }) => sockets),
        others.map(({ service }) => service),
        mainOf(libvirt).sockets,
      ]) {
        const up = names.filter((unit) => isUp(units, unit))
        if (up.length > 0) await stop([...ALONE, ...up])
      }
      await stop([...ALONE, libvirt.service])
    },
    async start(): Promise<void> {
      const units = await arm()
      const needed = [mainOf(libvirt).sockets[0], libvirt.service]
      const names = [...socketsOf(libvirt), LIBVIRT_GUESTS, ...servicesOf(libvirt)].filter(
        (unit) =>
          units.has(unit) &&
          (needed.includes(unit) || value(units.get(unit), 'UnitFileState').startsWith('enabled')),
      )
      const start = systemctl(`start ${libvirt.service}`)
      await start(['reset-failed', '--', ...names]).catch(() => undefined)
      // Not waited for: at boot a job may wait for what waits for Anneal.
      await start(['start', '--no-block', '--', ...names])
      const until = performance.now() + START_MS
      for (;;) {
        const state = value((await show()).get(libvirt.service), 'ActiveState')
        if (state === 'active') return
        if (state === 'failed' || performance.now() > until)
          throw raiseSystemd('HOST_DAEMON_NOT_STARTED', { unit: libvirt.service, state })
        await sleep(POLL_MS)
      }
    },
  }
}

/** No unit that needs one of them is stopped with it, libvirt-guests.service least of all. */
const ALONE = ['stop', '--job-mode=ignore-dependencies', '--']

function refuse(libvirt: HostLibvirt, units: HostUnits): void {
  if (!units.has(libvirt.service)) return
  const obstacle = obstacleOf(libvirt, units)
  if (obstacle !== undefined) throw raiseSystemd('HOST_DAEMON_REFUSED', obstacle)
  const rival = rivalOf(libvirt, units)
  if (rival !== undefined) throw raiseSystemd('HOST_LIBVIRT_MIXED', { unit: libvirt.service, rival })
}
