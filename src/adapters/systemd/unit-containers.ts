import { setTimeout as sleep } from 'node:timers/promises'
import { disarming, isUp } from '../../node/index.ts'
import type { Container } from '../../node/index.ts'
import type { NodeEngine, StateStore, UnitControl } from '../../ports/index.ts'
import { hasDropIn } from './drop-in.ts'
import { raiseSystemd } from './errors.ts'

export type UnitContainersOptions = Readonly<{
  units: Pick<UnitControl, 'services' | 'rearm' | 'start' | 'endMain'>
  /** Remembers what each of these containers was. */
  state: Pick<StateStore, 'readFile' | 'saveFile'>
  /** Whether a release or an unfinished run names a container of this name. */
  isWanted: (name: string) => Promise<boolean>
  root?: string
  /** How long a container may take to run once its unit is started. */
  startMs?: number
}>

/** A container that is gone, and the unit that creates it at each start. */
type Kept = Readonly<{ unit: string; container: Container }>

const FILE = 'unit-containers.json'
const PREFIX = 'unit:'
const START_MS = 60_000
const POLL_MS = 200

/**
 * An engine in which a container that removes itself is still there once it has stopped, if a unit creates it at each start: a quadlet, or a unit
 * with `podman run --rm`. A release takes over from it, and goes back to it, as from any adopted container:
 *
 * - before it stops, what it is is written down;
 * - while it is gone, it is told of as it was, stopped, if its unit is disarmed or if a release names it;
 * - its start lets the unit act again and starts it, and the unit makes the container. The new one has another id.
 *
 * Each call is idempotent.
 */
export function withUnitContainers(engine: NodeEngine, options: UnitContainersOptions): NodeEngine {
  const { units, state, isWanted, root = '/', startMs = START_MS } = options

  const readKept = async (): Promise<readonly Kept[]> => {
    const text = await state.readFile(FILE)
    return text === undefined ? [] : (JSON.parse(text) as readonly Kept[])
  }
  /** The unit that Anneal keeps from acting and that makes this container; undefined where the engine keeps it. */
  const makerOf = async (container: Container): Promise<string | undefined> => {
    if (container.autoRemove !== true) return undefined
    return (await units.services()).find((unit) => {
      const how = unit.disarmed === true ? disarming(unit, container) : undefined
      return how?.possible === true && how.supervisor.makes === true
    })?.name
  }
  const keep = async (container: Container): Promise<void> => {
    const unit = await makerOf(container)
    if (unit === undefined) return
    const others = (await readKept()).filter((one) => one.container.name !== container.name)
    await state.saveFile(FILE, JSON.stringify([...others, { unit, container: asStopped(container) }]))
  }
  const isTold = async ({ unit, container }: Kept): Promise<boolean> =>
    hasDropIn(root, unit) || (await isWanted(container.name))
  const gone = async (name: string): Promise<Container | undefined> => {
    const kept = (await readKept()).find(({ container }) => container.name === name || container.id === name)
    return kept !== undefined && (await isTold(kept)) ? kept.container : undefined
  }
  const inspect = async (name: string): Promise<Container | undefined> => {
    const found = name.startsWith(PREFIX) ? undefined : await engine.inspectContainer(name)
    return found ?? gone(name)
  }

  return {
    ...engine,
    kind: engine.kind,
    facts: () => engine.facts(),
    async listContainers(filter) {
      const containers = await engine.listContainers(filter)
      if (filter.running === true || Object.keys(filter.labels ?? {}).length > 0) return containers
      const names = new Set(containers.map(({ name }) => name))
      const stopped: Container[] = []
      for (const kept of await readKept())
        if (!names.has(kept.container.name) && (await isTold(kept))) stopped.push(kept.container)
      return [...containers, ...stopped]
    },
    inspectContainer: inspect,
    async stopContainer(id, graceMs) {
      if (id.startsWith(PREFIX)) return
      const container = await engine.inspectContainer(id)
      if (container !== undefined) await keep(container)
      await engine.stopContainer(id, graceMs)
    },
    async startContainer(id) {
      if (!id.startsWith(PREFIX)) return engine.startContainer(id)
      const kept = (await readKept()).find(({ container }) => container.id === id)
      if (kept === undefined) return engine.startContainer(id)
      const { unit, container } = kept
      // Podman's conmon, its main process, waits on as long as a guest lives that was started in the container. It would not start then.
      const waits = (await units.services()).some((one) => one.name === unit && isUp(one))
      if (waits) await units.endMain(unit)
      await units.rearm(unit)
      await units.start(unit)
      const until = performance.now() + startMs
      while ((await engine.inspectContainer(container.name))?.status !== 'running') {
        if (performance.now() > until)
          throw raiseSystemd('UNIT_MADE_NO_CONTAINER', { unit, container: container.name })
        await sleep(POLL_MS)
      }
    },
    async armContainer(id, policy) {
      if (id.startsWith(PREFIX)) return
      const container = await engine.inspectContainer(id)
      if (container?.autoRemove === true) await keep(container)
      else await engine.armContainer(id, policy)
    },
    removeContainer: (id, how) =>
      id.startsWith(PREFIX) ? Promise.resolve() : engine.removeContainer(id, how),
    logs: (id, lines, since) => (id.startsWith(PREFIX) ? Promise.resolve('') : engine.logs(id, lines, since)),
  }
}

/** As an engine would report it, had it kept it. */
function asStopped(container: Container): Container {
  const { engineCgroup: _cgroup, taskLimit: _limit, ...rest } = container
  return {
    ...rest,
    id: `${PREFIX}${container.name}`,
    status: 'exited',
    pid: 0,
    cgroupPaths: undefined,
    health: 'none',
    rootUpperDir: undefined,
  }
}
