import { formatBytes } from '../../../core/index.ts'
import {
  MECHANISMS,
  admissibilityFindings,
  besideFindings,
  busyGuests,
  diskWork,
  missingContainers,
  movedState,
  outputHeld,
  ownerFindings,
  prunerFindings,
  reloadsUnits,
  removeThemselves,
  engineTooOld,
  unwatchedContainers,
  started,
  startsUnableToFork,
  stopped,
  networkEnds,
  switchStops,
  workloadOfService,
} from '../../../node/index.ts'
import type { CheckReport, DeclaredHelper, Finding, LibvirtPlace, Plan, Reason } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import { outputHolders } from '../survey/output-holders.ts'
import { readOwners } from '../survey/read-owners.ts'
import { askImages } from './ask-images.ts'
import { checkFiles } from './check-files.ts'
import { checkPools } from './check-pools.ts'
import { lostUsers } from './check-users.ts'
import { sizes } from './sizes.ts'
import { describeStore, isImageId, nextImageId } from './image-id.ts'
import { settledSurvey } from '../survey/settled-survey.ts'
import { unitsChanged } from '../survey/units-changed.ts'
import type { Sides } from './side.ts'
import { survey } from '../survey/survey.ts'
import { tryHooks } from './try-hooks.ts'
import type { Survey, SurveyQuestion } from '../survey/survey.ts'

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
  const question: SurveyQuestion = {
    stopping: touched(plan),
    cause: 'stop',
    places,
    helpers: declaredHelpers(sides),
    expendable: expendableContainers(plan, sides),
    disarming: disarmed(plan),
    reattaching: reattaching(plan, sides),
  }
  const first = await survey(world, question)
  const [{ admissibility, findings: unasked }, hooks, growingConsoles] = await Promise.all([
    askImages(world, plan, sides, first),
    tryHooks(world, plan, sides, first),
    options.watchConsoles === 'yes' ? watchConsoles(world, first) : {},
  ])
  // What took long is over: who is there now is what counts.
  const host = await world.host.facts()
  const takenAt = world.clock.now()
  const { seen, domains, dissent } = await settledSurvey(world, question, sides.old.libvirt)
  const findings = [
    ...besideFindings({
      plan,
      roles: new Map(
        sides.next.release?.services.map((service) => [service.name, workloadOfService(service).role]),
      ),
      table: seen.table,
      containers: seen.containers,
    }),
    ...engineTooOld(seen.engine),
    ...missingContainers(plan, seen.containers),
    ...(await imagesNotHere(world, plan, seen)),
    ...(await ownedContainers(world, plan, seen)),
    ...removeThemselves(plan, seen.containers),
    ...unwatchedContainers(plan, seen.containers),
    ...startsUnableToFork(plan, seen.containers, seen.engine),
    ...(await lowDisk(world, seen)),
    ...dissent.map((finding) => allowWayBack(finding, plan)),
    ...busyGuests(seen.statusFiles),
    ...diskWork(seen.killSets, seen.table),
    ...networkEnds(seen, 'plan').map((finding) => allowWayBack(finding, plan)),
    ...switchStops(seen.killSets, seen.table, seen.census, 'plan'),
    ...outputHeld(seen, await outputHolders(world, seen), 'plan'),
    ...(reloadsUnits(plan) ? await unitsChanged(world, seen, 'plan') : []),
    ...(await movedHypervisor(world, plan, sides, seen)).map((finding) => allowWayBack(finding, plan)),
    ...(await lostUsers(world, plan, sides, seen)),
    ...unasked,
    ...hooks,
    ...(admissibility === undefined ? [] : admissibilityFindings(admissibility, plan.onFailure)),
  ]
  const base = {
    bootId: host.bootId,
    takenAt,
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

/**
 * The containers that an engine would kill for: those that stop, and those that a way back or an earlier release left
 * stopped and that this plan starts again. One that is yet to be created is in no kill set.
 */
export function touched(plan: Plan): readonly string[] {
  const names = [
    ...stopped(plan).map(({ containerName }) => containerName),
    ...started(plan).map(({ newName }) => newName),
  ]
  return [...new Set(names)]
}

/** Units of adopted containers: the switch disarms them before it stops anything. */
export function disarmed(plan: Plan): readonly string[] {
  return stopped(plan).flatMap(({ supervisors = [] }) => supervisors.map(({ unit }) => unit))
}

export function placesOf(sides: Sides): readonly LibvirtPlace[] {
  return [sides.old.libvirt, sides.next.libvirt].filter((place) => place !== undefined)
}

/** The next libvirt, where it is replaced: it takes the guests over, or does not. */
export function reattaching(plan: Plan, sides: Sides): SurveyQuestion['reattaching'] {
  const next = started(plan).find((candidate) => candidate.service === plan.hypervisor)
  const service = sides.next.release?.services.find((candidate) => candidate.name === plan.hypervisor)
  if (next === undefined || service === undefined) return undefined
  const mounts = service.container.mounts.map(({ type, source, target, readOnly }) => ({
    type,
    source,
    target,
    readOnly,
  }))
  return { container: next.newName, mounts }
}

/** Services of the old release that say `guests: expendable`. */
export function expendableContainers(plan: Plan, sides: Sides): readonly string[] {
  const services = sides.old.release?.services.filter((service) => service.guests === 'expendable') ?? []
  return stopped(plan)
    .filter((old) => services.some((service) => service.name === old.name))
    .map((old) => old.containerName)
}

export function declaredHelpers(sides: Sides): readonly DeclaredHelper[] {
  return [sides.old, sides.next].flatMap(
    (side) => side.release?.services.flatMap((service) => service.helpers) ?? [],
  )
}

const WAY_BACK = new Set([
  'GUEST_UNLISTED',
  'GUEST_FILE_STAYS',
  'GUEST_FILE_MOUNTED',
  'LIBVIRT_RECORDS_STAY',
  'GUEST_NETWORK_ENDS',
])

/** The way back stays open: on it, these findings warn. The libvirt before may see a guest that the current one lost from sight. */
function allowWayBack(finding: Finding, plan: Plan): Finding {
  return plan.kind === 'rollback' && WAY_BACK.has(finding.code) ? { ...finding, severity: 'warn' } : finding
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

/** Images that are pinned by an id which this engine does not know: no registry is asked for an id. */
async function imagesNotHere(world: NodeWorld, plan: Plan, seen: Survey): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const { service, next, newName } of started(plan)) {
    const made = seen.containers.some((container) => container.name === newName)
    if (made || !isImageId(next.image) || (await world.engine.inspectImage(next.image)) !== undefined)
      continue
    findings.push({
      code: 'IMAGE_NOT_HERE',
      severity: 'refuse',
      subject: service,
      evidence: `image "${next.image}" is pinned by an id, and ${describeStore(seen.engine)} has no image with that id`,
      remedy:
        'an id is valid only on the engine where it was locked: push the image to a registry and lock again, or build or load it here and run `anneal node lock` here',
    })
  }
  return findings
}

/** Who else would act on the containers that stop, and who would remove them then. */
async function ownedContainers(world: NodeWorld, plan: Plan, seen: Survey): Promise<readonly Finding[]> {
  const names = new Set(stopped(plan).map(({ containerName }) => containerName))
  const containers = seen.containers.filter(({ name }) => names.has(name))
  if (containers.length === 0) return []
  const { owners, pruners } = await readOwners(world, containers, { ...seen, all: seen.containers })
  const disarms = (container: string, unit: string): boolean =>
    stopped(plan).some(
      (old) => old.containerName === container && old.supervisors?.some((one) => one.unit === unit) === true,
    )
  return [...ownerFindings(owners, 'strict', disarms), ...prunerFindings(pruners)]
}

/** Only where guests are there to be lost, and libvirt is what is replaced. */
async function movedHypervisor(
  world: NodeWorld,
  plan: Plan,
  sides: Sides,
  seen: Survey,
): Promise<readonly Finding[]> {
  const place = sides.next.libvirt
  const next = sides.next.release?.services.find((candidate) => candidate.name === place?.service)
  const action = plan.actions.find((candidate) => candidate.service === place?.service)
  if (place === undefined || next === undefined || action?.action !== 'replace') return []
  const old = seen.containers.find((container) => container.name === action.old.containerName)
  if (old === undefined) return []
  const imageId = await nextImageId(world, action, seen)
  const files = await checkFiles(world, { seen, place, old, next, imageId })
  if (seen.census.guests.length === 0) return files
  return [
    ...movedState(old, next),
    ...(await checkPools(world, { action, sides, seen, old, next })),
    ...files,
  ]
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

async function watchConsoles(world: NodeWorld, seen: Survey): Promise<Readonly<Record<string, number>>> {
  const paths = [...new Set(seen.census.guests.flatMap((guest) => guest.consoleLogs))]
  const before = await sizes(world, paths)
  if (Object.keys(before).length === 0) return {}
  await world.clock.sleep(CONSOLE_WATCH_MS)
  const after = await sizes(world, paths)
  return Object.fromEntries(Object.entries(after).filter(([path, size]) => size > (before[path] ?? size)))
}
