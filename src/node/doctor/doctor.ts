import type { Census } from '../guests/index.ts'
import type { Container, EngineFacts } from '../container.ts'
import type { Finding } from '../finding.ts'
import type { HostFacts } from '../host-facts.ts'
import type { Endangered } from '../kill-set/index.ts'
import type { CgroupLayout } from '../process.ts'
import { kollaFindings, startedByOther } from './kolla.ts'
import { containerFindings } from './containers.ts'
import { ownerFindings } from '../owners/index.ts'
import type { Owner } from '../owners/index.ts'
import { workloadOfContainer } from '../release/index.ts'
import { guestFindings } from './guests.ts'
import { hostFindings } from './host.ts'
import { hostLibvirtFindings } from './host-libvirt.ts'
import { doctorFinding } from './findings.ts'

/** A node as it was found, by Anneal or by anybody else. */
export type DoctorInput = Readonly<{
  engine: EngineFacts
  host: HostFacts
  layout: CgroupLayout
  /** All of the engine's, running or not. */
  containers: readonly Container[]
  /** libvirt of the host's own packages, where it has any. */
  hostLibvirts?: readonly Container[]
  census: Census
  /** census ∩ kill sets of all containers, were those that run stopped now. */
  endangered: readonly Endangered[]
  /** Containers that live-restore would save, but for a unit that systemd stops with the engine. */
  stopWithEngine?: readonly Readonly<{ container: string; unit: string }>[]
  /** Who else starts, restarts or replaces the containers, where that was asked. */
  owners?: readonly Owner[]
  /** What is true at this moment alone: who disagrees about the guests, what goes on with them. */
  momentary?: readonly Finding[]
}>

const WEIGHT: Readonly<Record<Finding['severity'], number>> = { refuse: 0, warn: 1, info: 2 }

/** What is wrong with a node, the worst first. Looks at nothing but its input and changes nothing. */
export function examine(input: DoctorInput): readonly Finding[] {
  const findings = [
    ...(input.momentary ?? []),
    ...guestFindings(input),
    ...containerFindings(input, startedByOther),
    ...hostFindings(input),
    ...hostLibvirtFindings(input.hostLibvirts ?? [], input.containers),
    ...kollaFindings(input.containers),
    ...podFindings(input),
    ...ownerFindings(ownersOfServices(input), 'lenient'),
  ]
  return findings.toSorted((a, b) => WEIGHT[a.severity] - WEIGHT[b.severity])
}

/** Of containers that have nothing to do with guests, who owns them is nobody's concern here. */
function ownersOfServices({ owners = [], containers }: DoctorInput): readonly Owner[] {
  const services = new Set(
    containers.filter((one) => workloadOfContainer(one).role !== 'other').map(({ name }) => name),
  )
  return owners.filter(({ container }) => services.has(container))
}

/** One finding for a node whose services are pods. */
function podFindings({ engine, containers }: DoctorInput): readonly Finding[] {
  if (engine.keptByKubelet !== true) return []
  const pods = containers.filter(({ pod, status }) => pod?.part === 'sandbox' && status === 'running')
  const names = pods.map(({ name }) => name).toSorted()
  const some = `${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`
  const evidence = `${engine.kind} ${engine.version} runs ${names.length} pods${names.length === 0 ? '' : ` (${some})`}`
  return [doctorFinding('NODE_OF_PODS', 'node', evidence)]
}
