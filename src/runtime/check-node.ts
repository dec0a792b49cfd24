import { formatBytes } from '../core/index.ts'
import { MECHANISMS, admissibilityFindings, stopped } from '../node/index.ts'
import type {
  CheckReport,
  Container,
  DeclaredHelper,
  Finding,
  LibvirtPlace,
  Plan,
  Reason,
  StatusFile,
} from '../node/index.ts'
import type { Domain, NodeWorld } from '../ports/index.ts'
import { askImages } from './ask-images.ts'
import type { Sides } from './side.ts'
import { survey } from './survey.ts'
import type { Survey } from './survey.ts'

/** Below this much free space in the engine's storage nothing is begun: containers, logs and the journal need some. */
const MINIMUM_FREE_BYTES = 512 * 1024 * 1024

/** How long console logs are watched to learn which of them grow. */
const CONSOLE_WATCH_MS = 1500

/**
 * Looks at the node before anything is touched: census, kill sets of every container that would stop, whether each
 * libvirt reads what the other writes, and what else speaks against it. Reads only.
 */
export async function checkNode(
  world: NodeWorld,
  plan: Plan,
  sides: Sides,
  options: Readonly<{ watchConsoles: 'yes' | 'no' }> = { watchConsoles: 'yes' },
): Promise<CheckReport> {
  const places = placesOf(sides)
  const host = await world.host.facts()
  const seen = await survey(world, {
    stopping: stopped(plan).map((old) => old.containerName),
    cause: 'stop',
    places,
    helpers: declaredHelpers(sides),
  })
  const domains = await domainsOf(world, sides.old.libvirt)
  const { admissibility, findings: unasked } = await askImages(world, plan, sides, seen)
  const growingConsoles = options.watchConsoles === 'yes' ? await watchConsoles(world, seen) : {}
  const findings = [
    ...missingContainers(plan, seen),
    ...(await lowDisk(world, seen)),
    ...busyGuests(seen.statusFiles),
    ...movedState(plan, sides, seen),
    ...unasked,
    ...(admissibility === undefined ? [] : admissibilityFindings(admissibility, plan.onFailure)),
  ]
  const base = {
    bootId: host.bootId,
    census: seen.census,
    killSets: seen.killSets,
    endangered: seen.endangered,
    findings,
    admissibility,
    domains,
    growingConsoles,
  }
  const refusal = findings.find((finding) => finding.severity === 'refuse')
  if (refusal !== undefined) return { ...base, verdict: 'refuse', reason: reasonOf(refusal) }
  if (seen.endangered.length > 0) {
    const rescuable = seen.endangered.every((one) => one.rescuable)
    return { ...base, verdict: rescuable ? 'rescue' : 'refuse', reason: endangeredReason(seen) }
  }
  return { ...base, verdict: 'clear' }
}

export function placesOf(sides: Sides): readonly LibvirtPlace[] {
  return [sides.old.libvirt, sides.next.libvirt].filter((place) => place !== undefined)
}

export function declaredHelpers(sides: Sides): readonly DeclaredHelper[] {
  return [sides.old, sides.next].flatMap(
    (side) => side.release?.services.flatMap((service) => service.helpers) ?? [],
  )
}

export async function domainsOf(
  world: NodeWorld,
  place: LibvirtPlace | undefined,
): Promise<readonly Domain[] | undefined> {
  if (place === undefined) return undefined
  try {
    return await world.hypervisor(place).domains()
  } catch {
    return undefined
  }
}

function reasonOf(finding: Finding): Reason {
  return {
    code: finding.code,
    message: `Cannot upgrade: ${finding.subject}: ${finding.evidence}`,
    remedy: finding.remedy,
  }
}

function endangeredReason(seen: Survey): Reason {
  const first = seen.endangered[0]
  const mechanism =
    first?.mechanisms.find((candidate) => candidate !== 'systemdScope') ?? first?.mechanisms[0]
  const names = seen.endangered.map((one) => `${one.kind} "${one.name}" (pid ${one.pid})`).join(', ')
  const told = mechanism === undefined ? undefined : MECHANISMS[mechanism]
  return {
    code: 'GUESTS_ENDANGERED',
    message: `Cannot upgrade: ${names} would die: ${told?.how ?? 'unknown mechanism'}`,
    remedy: told?.remedy ?? 'run `anneal node plan` for the details',
  }
}

function missingContainers(plan: Plan, seen: Survey): Finding[] {
  return stopped(plan)
    .filter((old) => !seen.containers.some((container) => container.name === old.containerName))
    .map((old) => ({
      code: 'CONTAINER_MISSING',
      severity: 'refuse',
      subject: old.name,
      evidence: `its container "${old.containerName}" is gone: there would be nothing to roll back to`,
      remedy: 'run `anneal node recover`, which creates it anew from the release on file',
    }))
}

async function lowDisk(world: NodeWorld, seen: Survey): Promise<Finding[]> {
  const free = await world.disk.freeBytes(seen.engine.storageDir)
  if (free >= MINIMUM_FREE_BYTES) return []
  return [
    {
      code: 'DISK_LOW',
      severity: 'refuse',
      subject: seen.engine.storageDir,
      evidence: `${formatBytes(free)} free, at least ${formatBytes(MINIMUM_FREE_BYTES)} wanted`,
      remedy: 'free space there first (`docker image prune`, `podman image prune`)',
    },
  ]
}

/** A migration or snapshot under way would be torn: libvirt keeps its job in the status file. */
function busyGuests(files: readonly StatusFile[]): Finding[] {
  return files.flatMap((file) => {
    const job = /<job\b[^>]*\basync='([^']+)'/.exec(file.xml)?.[1]
    if (job === undefined || job === 'none') return []
    return [
      {
        code: 'GUEST_BUSY',
        severity: 'refuse' as const,
        subject: file.name,
        evidence: `libvirt has a job under way for it: ${job}`,
        remedy: 'wait until it is done (`virsh domjobinfo`), or abort it',
      },
    ]
  })
}

/** libvirt finds its guests again only where the old one left them: same host directories under the same paths. */
function movedState(plan: Plan, sides: Sides, seen: Survey): Finding[] {
  const next = sides.next.libvirt
  const service = sides.next.release?.services.find((candidate) => candidate.name === next?.service)
  const action = plan.actions.find((candidate) => candidate.service === next?.service)
  if (service === undefined || action?.action !== 'replace' || seen.census.guests.length === 0) return []
  const old = seen.containers.find((container) => container.name === action.old.containerName)
  if (old === undefined) return []
  return ['/run/libvirt', '/var/lib/libvirt'].flatMap((path): Finding[] => {
    const before = hostPathOf(old.mounts, path)
    const after = hostPathOf(service.container.mounts, path)
    if (before !== undefined && before === after) return []
    return [
      {
        code: 'LIBVIRT_STATE_MOVES',
        severity: 'refuse',
        subject: service.name,
        evidence: `${path} is ${before ?? 'inside the container'} now and would be ${after ?? 'inside the container'}: the new libvirt would not find its guests, or kill them`,
        remedy: `bind the same host directory to ${path} in both releases`,
      },
    ]
  })
}

/** The host path that a container path is, by its longest mount. */
function hostPathOf(
  mounts: readonly Pick<Container['mounts'][number], 'type' | 'source' | 'target'>[],
  path: string,
): string | undefined {
  const mount = mounts
    .filter(
      (candidate) => path === candidate.target || path.startsWith(`${candidate.target.replace(/\/$/, '')}/`),
    )
    .toSorted((a, b) => b.target.length - a.target.length)[0]
  if (mount === undefined || mount.type === 'tmpfs') return undefined
  const rest = path.slice(mount.target.replace(/\/$/, '').length)
  // /var/run is /run everywhere this century.
  return `${mount.type === 'volume' ? 'volume:' : ''}${mount.source.replace(/\/$/, '')}${rest}`.replace(
    /^\/var\/run\//,
    '/run/',
  )
}

async function watchConsoles(world: NodeWorld, seen: Survey): Promise<Readonly<Record<string, number>>> {
  const paths = [...new Set(seen.census.guests.flatMap((guest) => guest.consoleLogs))]
  const before = await sizes(world, paths)
  if (Object.keys(before).length === 0) return {}
  await world.clock.sleep(CONSOLE_WATCH_MS)
  const after = await sizes(world, paths)
  return Object.fromEntries(Object.entries(after).filter(([path, size]) => size > (before[path] ?? size)))
}

export async function sizes(world: NodeWorld, paths: readonly string[]): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for (const path of paths) {
    const size = await world.disk.sizeBytes(path)
    if (size !== undefined) found[path] = size
  }
  return found
}
