import { createHash } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { HOST_LIBVIRT, hostDaemonName, hostDaemonObstacle, isHostDaemon } from '../../node/index.ts'
import type { Container, DaemonUnit } from '../../node/index.ts'
import type { NodeEngine } from '../../ports/index.ts'
import { dropInPath, hasDropIn, removeDropIn, writeDropIn } from './drop-in.ts'
import { raiseSystemd } from './errors.ts'
import { runApart } from './run-apart.ts'
import { dropInPaths, showBlocks } from './show-output.ts'
import type { Shown } from './show-output.ts'
import { systemctlOf } from './systemctl.ts'
import type { Systemctl } from './systemctl.ts'

export type HostDaemonsOptions = Readonly<{
  root?: string
  /** Prints what `systemctl` prints, for these arguments. */
  systemctl?: Systemctl
}>

const SHOWN = [
  'Id',
  'LoadState',
  'ActiveState',
  'UnitFileState',
  'MainPID',
  'KillMode',
  'ExecStop',
  'ExecStopPost',
  'RuntimeDirectory',
  'RuntimeDirectoryPreserve',
  'DropInPaths',
]

const NAME = hostDaemonName(HOST_LIBVIRT.service)
const UNITS: readonly string[] = [HOST_LIBVIRT.service, ...HOST_LIBVIRT.sockets, HOST_LIBVIRT.guests]
/** What its programs are: another package is another image. */
const PROGRAMS = [HOST_LIBVIRT.program, '/usr/bin/qemu-system-x86_64', '/usr/bin/virsh']
const START_MS = 60_000
const POLL_MS = 200

/**
 * An engine in which the host's own libvirtd is one more container, `systemd:libvirtd.service`, wherever systemd has that
 * unit. A release takes over from it, and goes back to it, as from any container:
 *
 * - its stop first keeps the service, its sockets and libvirt-guests.service from acting, by one drop-in each that outlives a
 *   reboot (`drop-in.ts`), then stops the sockets and the service alone, with no job for any other unit;
 * - its start takes the drop-ins away and starts them;
 * - its restart policy is whether the drop-ins are there.
 *
 * A stop is refused (HOST_DAEMON_REFUSED) where the unit's own would reach guests. Each call is idempotent.
 */
export function withHostDaemons(engine: NodeEngine, options: HostDaemonsOptions = {}): NodeEngine {
  const daemon = hostLibvirt(options)
  return {
    ...engine,
    kind: engine.kind,
    facts: () => engine.facts(),
    async listContainers(filter) {
      const containers = await engine.listContainers(filter)
      if (Object.keys(filter.labels ?? {}).length > 0) return containers
      const own = await daemon.read()
      const listed = own !== undefined && (own.status === 'running' || own.restartPolicy === 'no')
      return listed && (filter.running !== true || own.status === 'running')
        ? [...containers, own]
        : containers
    },
    inspectContainer: (name) => (isHostDaemon(name) ? daemon.read(name) : engine.inspectContainer(name)),
    describeContainer: (name) =>
      isHostDaemon(name) ? Promise.resolve(undefined) : engine.describeContainer(name),
    startContainer: (id) => (isHostDaemon(id) ? daemon.start() : engine.startContainer(id)),
    stopContainer: (id, graceMs) =>
      isHostDaemon(id) ? daemon.stop(graceMs) : engine.stopContainer(id, graceMs),
    armContainer: (id, policy) => {
      if (!isHostDaemon(id)) return engine.armContainer(id, policy)
      return policy === 'no' ? daemon.disarm() : daemon.arm()
    },
    removeContainer: (id, how) => (isHostDaemon(id) ? Promise.resolve() : engine.removeContainer(id, how)),
    logs: (id, lines, since) => (isHostDaemon(id) ? Promise.resolve('') : engine.logs(id, lines, since)),
    inspectImage: (reference) =>
      isHostDaemon(reference) ? Promise.resolve(undefined) : engine.inspectImage(reference),
    runOnce: (image, how) => (isHostDaemon(image) ? runApart(how) : engine.runOnce(image, how)),
  }
}

function hostLibvirt(options: HostDaemonsOptions) {
  const root = options.root ?? '/'
  const systemctl = (action: string, timeoutMs?: number): Systemctl =>
    options.systemctl ?? systemctlOf(action, timeoutMs)

  const show = async (): Promise<ReadonlyMap<string, Shown>> => {
    const text = await systemctl('tell about libvirt')([
      'show',
      `--property=${SHOWN.join(',')}`,
      '--',
      ...UNITS,
    ])
    const shown = showBlocks(text).map((one) => [value(one, 'Id'), one] as const)
    return new Map(shown.filter(([, one]) => value(one, 'LoadState') !== 'not-found'))
  }
  const reload = (): Promise<string> => systemctl('read units again', 120_000)(['daemon-reload'])
  const lacking = (units: ReadonlyMap<string, Shown>): string | undefined =>
    [...units].find(([unit, shown]) => !dropInPaths(shown).includes(dropInPath(unit)))?.[0]

  const disarm = async (): Promise<ReadonlyMap<string, Shown>> => {
    const units = await show()
    let unit: string = HOST_LIBVIRT.service
    try {
      for (unit of units.keys()) if (!hasDropIn(root, unit)) writeDropIn(root, unit)
    } catch (error) {
      throw raiseSystemd('UNIT_NOT_DISARMED', { unit, why: (error as Error).message }, error)
    }
    if (lacking(units) === undefined) return units
    await reload()
    const after = await show()
    const without = lacking(after)
    if (without === undefined) return after
    throw raiseSystemd('UNIT_NOT_DISARMED', {
      unit: without,
      why: `systemd does not go by ${dropInPath(without)}`,
    })
  }
  const arm = async (): Promise<ReadonlyMap<string, Shown>> => {
    let unit: string = HOST_LIBVIRT.service
    try {
      for (unit of UNITS) removeDropIn(root, unit)
    } catch (error) {
      throw raiseSystemd('UNIT_NOT_REARMED', { unit, why: (error as Error).message }, error)
    }
    const units = await show()
    if (![...units].some(([name, shown]) => dropInPaths(shown).includes(dropInPath(name)))) return units
    await reload()
    return show()
  }

  return {
    async read(name: string = NAME): Promise<Container | undefined> {
      // sd_booted(3)
      if (name !== NAME || !existsSync(join(root, 'run/systemd/system'))) return undefined
      if (!existsSync(join(root, HOST_LIBVIRT.program))) return undefined
      const units = await show()
      const service = units.get(HOST_LIBVIRT.service)
      return service === undefined ? undefined : containerOf(service, units, root)
    },
    disarm: async (): Promise<void> => {
      await disarm()
    },
    arm: async (): Promise<void> => {
      await arm()
    },
    async stop(graceMs: number): Promise<void> {
      const before = (await show()).get(HOST_LIBVIRT.service)
      const why = before === undefined ? undefined : hostDaemonObstacle(daemonUnit(before))
      if (why !== undefined) throw raiseSystemd('HOST_DAEMON_REFUSED', { unit: HOST_LIBVIRT.service, why })
      const units = await disarm()
      const sockets = HOST_LIBVIRT.sockets.filter((socket) => isUp(units.get(socket)))
      const stop = systemctl(`stop ${HOST_LIBVIRT.service}`, graceMs + START_MS)
      // No unit that needs one of them is stopped with it, libvirt-guests.service least of all.
      for (const unit of [...sockets, HOST_LIBVIRT.service])
        await stop(['stop', '--job-mode=ignore-dependencies', '--', unit])
    },
    async start(): Promise<void> {
      const units = await arm()
      const wanted = [...HOST_LIBVIRT.sockets.slice(1), HOST_LIBVIRT.guests].filter((unit) =>
        value(units.get(unit), 'UnitFileState').startsWith('enabled'),
      )
      const start = systemctl(`start ${HOST_LIBVIRT.service}`)
      const names = [HOST_LIBVIRT.sockets[0], ...wanted, HOST_LIBVIRT.service].filter((unit) =>
        units.has(unit),
      )
      await start(['reset-failed', '--', ...names]).catch(() => undefined)
      // Not waited for: at boot a job may wait for what waits for Anneal.
      await start(['start', '--no-block', '--', ...names])
      const until = performance.now() + START_MS
      for (;;) {
        const state = value((await show()).get(HOST_LIBVIRT.service), 'ActiveState')
        if (state === 'active') return
        if (state === 'failed' || performance.now() > until)
          throw raiseSystemd('HOST_DAEMON_NOT_STARTED', { unit: HOST_LIBVIRT.service, state })
        await sleep(POLL_MS)
      }
    },
  }
}

function value(shown: Shown | undefined, name: string): string {
  return shown?.values.get(name)?.join(' ') ?? ''
}

function isUp(shown: Shown | undefined): boolean {
  return /^(active|activating|reloading)$/.test(value(shown, 'ActiveState'))
}

function daemonUnit(shown: Shown): DaemonUnit {
  return {
    loadState: value(shown, 'LoadState'),
    killMode: value(shown, 'KillMode'),
    stops: ['ExecStop', 'ExecStopPost']
      .flatMap((name) => shown.values.get(name) ?? [])
      .filter((line) => line !== ''),
    runtimeDirectories: value(shown, 'RuntimeDirectory')
      .split(' ')
      .filter((word) => word !== ''),
    preservesRuntimeDirectories: value(shown, 'RuntimeDirectoryPreserve') === 'yes',
  }
}

function containerOf(service: Shown, units: ReadonlyMap<string, Shown>, root: string): Container {
  const isListening = HOST_LIBVIRT.sockets.some((socket) => isUp(units.get(socket)))
  const isArmed = [...units].every(([unit, shown]) => !dropInPaths(shown).includes(dropInPath(unit)))
  const obstacle = hostDaemonObstacle(daemonUnit(service))
  return {
    id: NAME,
    name: NAME,
    // Who connects to a socket has the daemon started.
    status: isUp(service) || isListening ? 'running' : 'exited',
    pid: isUp(service) ? Number(value(service, 'MainPID')) : 0,
    exitCode: undefined,
    startedAt: new Date(0).toISOString(),
    imageId: hostDaemonName(programsDigest(root)),
    image: NAME,
    labels: {},
    runtime: 'systemd',
    runtimeFamily: 'unknown',
    runtimeVersion: undefined,
    privileged: true,
    pidMode: 'host',
    cgroupnsMode: 'host',
    networkMode: 'host',
    mounts: HOST_LIBVIRT.directories.map((path) => ({
      type: 'bind',
      source: path,
      target: path,
      readOnly: false,
    })),
    environmentNames: [],
    restartPolicy: isArmed ? 'always' : 'no',
    cgroupPaths: undefined,
    hostUnit: { unit: HOST_LIBVIRT.service, ...(obstacle === undefined ? {} : { obstacle }) },
    health: 'none',
    rootUpperDir: undefined,
    entrypoint: [HOST_LIBVIRT.program],
    command: [],
    stopSignal: 'SIGTERM',
  }
}

/** The programs by size and time: what they answered once holds until they change. */
function programsDigest(root: string): string {
  const hash = createHash('sha256')
  for (const path of PROGRAMS) {
    const stat = statSync(join(root, path), { throwIfNoEntry: false })
    hash.update(`${path} ${stat?.size ?? 0} ${stat?.mtimeMs ?? 0} ${stat?.ino ?? 0}\n`)
  }
  return hash.digest('hex')
}
