import type { Container, EngineFacts } from '../container.ts'
import { cgroupPath } from '../process.ts'
import type { Process, ProcessTable } from '../process.ts'
import { composeOwner, composeProject } from './compose-project.ts'
import { engineCalls, removesContainer, startsContainer, waitsFor, wordsOf } from './engine-calls.ts'
import type { ServiceUnit } from './service-unit.ts'
import { disarming } from './supervisor.ts'
import type { Disarming } from './supervisor.ts'

/** Somebody other than Anneal who acts on a container. */
export type Owner = Readonly<{
  container: string
  kind: 'unit' | 'watcher' | 'replacer' | 'compose'
  /** The unit's name, or the process. */
  name: string
  /**
   * `acts`: it would start the container again, or take it away, when it stops or at the next boot. `disarmed`: Anneal
   * keeps the unit from acting.
   */
  effect: 'acts' | 'idle' | 'disarmed'
  evidence: string
  /** The unit's file, where there is one. */
  source: string
  /** Whether Anneal can keep it from acting. Absent where the owner is no unit. */
  disarming?: Disarming
}>

export type OwnersInput = Readonly<{
  engine: Pick<EngineFacts, 'changesRestartPolicy'>
  containers: readonly Container[]
  units: readonly ServiceUnit[]
  table: ProcessTable
}>

/** Who else starts, restarts or removes these containers. Reads units, processes and labels, and runs nothing. */
export function findOwners(
  { engine, containers, units, table }: OwnersInput,
  all = containers,
): readonly Owner[] {
  return containers.flatMap((container): Owner[] => {
    const owning = units.flatMap((unit) => unitOwner(unit, container, engine))
    const named = new Set(owning.map(({ name }) => name))
    return [
      ...owning,
      ...table.processes.flatMap((process) => watcher(process, container, table, named)),
      ...replacers(container, all),
      ...composeOwner(container),
    ]
  })
}

function unitOwner(unit: ServiceUnit, container: Container, engine: OwnersInput['engine']): Owner[] {
  const labelled = container.labels['PODMAN_SYSTEMD_UNIT'] === unit.name
  const starts = unit.starts.some((line) => starting(line, container))
  const scripted = unit.scripts.some(
    (script) => starting(script, container) || namesAndStarts(script, container),
  )
  const composed = [...unit.starts, ...unit.scripts].some((line) => composes(line, unit, container))
  const policed = !engine.changesRestartPolicy && unit.starts.some((line) => startsByPolicy(line, container))
  if (!labelled && !starts && !scripted && !composed && !policed) return []
  const removes =
    isUp(unit) &&
    unit.stops.some((line) => engineCalls(wordsOf(line)).some((call) => removesContainer(call, container)))
  const why = [
    ...(isUp(unit) && !/^(no)?$/.test(unit.restart)
      ? [`starts it again when it ends (Restart=${unit.restart})`]
      : []),
    ...(startsAtBoot(unit) ? [`starts it at boot (${unit.fileState})`] : []),
    ...(unit.triggeredBy.length === 0 ? [] : [`is started by ${unit.triggeredBy.join(', ')}`]),
    ...(removes ? ['removes it when it ends (ExecStop=, ExecStopPost=)'] : []),
  ]
  const how = starts
    ? 'its ExecStart= names the container'
    : labelled
      ? 'the container’s label PODMAN_SYSTEMD_UNIT names it'
      : composed
        ? 'it brings up the container’s Compose project'
        : policed
          ? `it starts every container with the policy "${container.restartPolicy}", which this Podman cannot take back`
          : 'a script that it starts names the container'
  if (unit.disarmed === true) {
    return [
      {
        container: container.name,
        kind: 'unit',
        name: unit.name,
        effect: 'disarmed',
        evidence: `${unit.name} is kept from starting it (${unit.activeState})`,
        source: unit.source,
        disarming: disarming(unit, container),
      },
    ]
  }
  return [
    {
      container: container.name,
      kind: 'unit',
      name: unit.name,
      effect: why.length === 0 ? 'idle' : 'acts',
      evidence: `${unit.name} (${unit.activeState}) ${why.length === 0 ? 'neither restarts it nor is started by anything' : why.join(', and ')}; ${how}`,
      source: unit.source,
      disarming: disarming(unit, container),
    },
  ]
}

const isUp = ({ activeState }: ServiceUnit): boolean => !/^(inactive|failed)$/.test(activeState)

/** Enabled, or generated (as quadlets are) and wanted by something. */
function startsAtBoot({ fileState, wantedBy }: ServiceUnit): boolean {
  return fileState.startsWith('enabled') || (wantedBy.length > 0 && fileState !== 'masked')
}

/** podman-restart.service: `podman start --all --filter restart-policy=always`. */
function startsByPolicy(line: string, { restartPolicy }: Container): boolean {
  return engineCalls(wordsOf(line)).some(
    ({ verb, words }) =>
      verb === 'start' &&
      words.includes('--all') &&
      words.some((word) => word.endsWith(`restart-policy=${restartPolicy}`)),
  )
}

function starting(text: string, container: Container): boolean {
  return engineCalls(wordsOf(text)).some((call) => startsContainer(call, container))
}

/** A script may keep the name in a variable: then the name and a call that starts something are what there is to see. */
function namesAndStarts(script: string, { name }: Container): boolean {
  const words = wordsOf(script)
  const calls = engineCalls(words).some(({ verb }) => /^(start|restart|run|create)$/.test(verb))
  return calls && words.some((word) => word === name || word.endsWith(`=${name}`))
}

/** `docker compose up`, `docker-compose up`, `podman-compose up` of the project that the container is of. */
function composes(text: string, unit: ServiceUnit, container: Container): boolean {
  const found = composeProject(container)
  if (found === undefined || !/\b(docker|podman)[ -]compose\b/.test(text)) return false
  const places = [found.project, found.directory, ...found.files].filter((place) => place !== '')
  const words = wordsOf(text).map((word) => word.slice(word.indexOf('=') + 1))
  return [...words, ...(unit.composeFrom ?? [])].some((word) =>
    places.includes(word.replace(/(?<=.)\/+$/, '')),
  )
}

/** A process that waits for the container: whatever supervises it starts the container again once it ends. */
function watcher(
  process: Process,
  container: Container,
  table: ProcessTable,
  units: ReadonlySet<string>,
): Owner[] {
  const [program] = process.argv
  if (program === undefined || !/(^|\/)(docker|podman|nerdctl)$/.test(program)) return []
  const [call] = engineCalls(process.argv)
  if (call === undefined || !waitsFor(call, container)) return []
  const unit = unitOf(process)
  // Its unit has been told of already.
  if (unit !== undefined && units.has(unit)) return []
  const parent = table.processes.find(({ pid }) => pid === process.ppid)
  const whose = unit === undefined ? '' : ` of ${unit}`
  const below = parent === undefined ? '' : `, started by ${parent.name} (pid ${parent.pid})`
  return [
    {
      container: container.name,
      kind: 'watcher',
      name: `${call.program} ${call.verb} (pid ${process.pid})`,
      effect: 'acts',
      evidence: `"${call.program} ${call.verb}" (pid ${process.pid})${whose}${below} waits for the container to end`,
      source: '',
    },
  ]
}

/** The service that systemd counts the process to. Scopes (a login, a container) restart nothing. */
function unitOf(process: Process): string | undefined {
  const path = cgroupPath(process, 'name=systemd') ?? cgroupPath(process, '') ?? ''
  return path.split('/').findLast((part) => part.endsWith('.service'))
}

/** Programs that replace containers whose image has a newer version. */
function replacers(container: Container, all: readonly Container[]): Owner[] {
  const owner = (name: string, evidence: string): Owner => ({
    container: container.name,
    kind: 'replacer',
    name,
    effect: 'acts',
    evidence,
    source: '',
  })
  const policy = container.labels['io.containers.autoupdate']
  const watchtowers = all.filter(
    ({ status, image, id }) =>
      status === 'running' && id !== container.id && /(^|\/)watchtower([:@]|$)/.test(image),
  )
  const optedOut = container.labels['com.centurylinklabs.watchtower.enable'] === 'false'
  return [
    ...(policy === undefined || policy === 'disabled'
      ? []
      : [owner('podman auto-update', `its label io.containers.autoupdate is "${policy}"`)]),
    ...(optedOut
      ? []
      : watchtowers.map(({ name }) =>
          owner(name, `container "${name}" runs Watchtower, and this one has not opted out`),
        )),
  ]
}
