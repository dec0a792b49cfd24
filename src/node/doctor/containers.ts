import type { Container } from '../container.ts'
import type { Finding } from '../finding.ts'
import { LABELS, lintFinding, lintWorkload, workloadOfContainer } from '../release/index.ts'
import type { Role } from '../release/index.ts'
import type { DoctorInput } from './doctor.ts'
import { forkProblem } from '../task-limit.ts'
import { doctorFinding } from './findings.ts'

/** What the lint rules say of each container, and how containers go together. */
export function containerFindings(
  input: DoctorInput,
  startedByOther: (container: Container) => boolean,
): readonly Finding[] {
  const running = input.containers.filter(isRunning)
  return [
    ...running.flatMap((container) => lint(container, startedByOther(container), input)),
    ...libvirtTwice(running),
    ...bootStartsTwo(input.containers),
    ...input.containers
      .filter(isService)
      .flatMap((one) => [...taskLimit(one, input), ...unwatched(one), ...endUnnoticed(one)]),
  ]
}

function isRunning(container: Container): boolean {
  return container.status === 'running' || container.status === 'paused'
}

const roleOf = (container: Container): Role => workloadOfContainer(container).role

function lint(container: Container, hasStarter: boolean, input: DoctorInput): readonly Finding[] {
  const workload = workloadOfContainer(container)
  const virtlogd = virtlogdInside(container, input)
  return [...lintWorkload(workload), ...virtlogd].flatMap((finding): Finding[] => {
    const isSecret = finding.code.startsWith('SECRET_')
    // Of containers that have nothing to do with guests, only what they tell everybody matters here.
    if (workload.role === 'other' && !isSecret) return []
    if (finding.code === 'RESTART_MISSING' && hasStarter) return []
    // What was seen of the process says more than the command line.
    if (finding.code === 'VIRTLOGD_INSIDE' && virtlogd.length > 0 && !virtlogd.includes(finding)) return []
    // It was so when Anneal came; a release of Anneal's own would be refused.
    return [isSecret ? { ...finding, severity: 'warn' } : finding]
  })
}

/** virtlogd as a process of libvirt's container. */
function virtlogdInside(container: Container, { census }: DoctorInput): readonly Finding[] {
  if (roleOf(container) !== 'libvirt') return []
  return census.helpers
    .filter((helper) => helper.kind === 'virtlogd' && helper.ownerContainer === container.id)
    .map((helper) => {
      const logged = census.guests
        .filter((guest) => guest.consoleBackend === 'logd')
        .map((guest) => guest.name)
      const whose =
        logged.length === 0 ? 'no guest logs through it now' : `${logged.join(', ')} log through it`
      return lintFinding(
        'VIRTLOGD_INSIDE',
        container.name,
        `virtlogd (pid ${helper.identity.pid}) runs in it; ${whose}`,
      )
    })
}

/** A node's services: what else runs there is its owner's affair. */
function isService(container: Container): boolean {
  return roleOf(container) !== 'other' || container.labels[LABELS.project] !== undefined
}

function taskLimit(container: Container, { engine }: DoctorInput): readonly Finding[] {
  const problem = forkProblem(container, engine)
  return problem === undefined ? [] : [doctorFinding('TASK_LIMIT', container.name, problem)]
}

function endUnnoticed({ name, endUnnoticed: isUnnoticed }: Container): readonly Finding[] {
  if (isUnnoticed !== true) return []
  return [doctorFinding('CONTAINER_END_UNNOTICED', name, 'it has no process, and Docker calls it running')]
}

function unwatched({ name, status, unwatched: isUnwatched }: Container): readonly Finding[] {
  if (isUnwatched !== true) return []
  const evidence = status === 'dead' ? 'its conmon is gone, and so is its process' : 'its conmon is gone'
  return [doctorFinding('CONTAINER_UNWATCHED', name, evidence)]
}

function libvirtTwice(running: readonly Container[]): readonly Finding[] {
  const libvirts = running.filter((container) => roleOf(container) === 'libvirt')
  if (libvirts.length < 2) return []
  const names = libvirts.map((container) => container.name).join(', ')
  return [doctorFinding('LIBVIRT_TWICE', 'node', `${names} run at the same time`)]
}

/** Containers of one service that an engine would start by itself when it starts. */
function bootStartsTwo(containers: readonly Container[]): readonly Finding[] {
  const starting = containers.filter(({ status, restartPolicy }) =>
    // A stopped container with `unless-stopped` stays stopped, one with `always` does not.
    status === 'running' ? restartPolicy !== 'no' : restartPolicy === 'always',
  )
  return [...Map.groupBy(starting, serviceOf)].flatMap(([service, several]) => {
    if (service === undefined || several.length < 2) return []
    const names = several.map(({ name, restartPolicy }) => `${name} (${restartPolicy})`).join(' and ')
    return [doctorFinding('BOOT_STARTS_TWO', service, names)]
  })
}

/** What a container is an instance of: its service, else its part in a compute node. */
function serviceOf(container: Container): string | undefined {
  const { labels } = container
  // Images carry a service label, too; only with a project it tells which service of which release this is.
  const project = labels[LABELS.project] ?? labels['com.docker.compose.project']
  const service =
    labels[LABELS.project] === undefined ? labels['com.docker.compose.service'] : labels[LABELS.service]
  if (project !== undefined && service !== undefined) return `${project}/${service}`
  const role = roleOf(container)
  return role === 'libvirt' || role === 'compute' || role === 'virtlogd' ? role : undefined
}
