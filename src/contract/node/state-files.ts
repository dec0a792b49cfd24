import { decodeText } from '../decode.ts'
import { amount, anything, flag, listOf, object, oneOf, optional, text, wholeNumber } from '../shape.ts'
import type { NodeService, ServiceDependency, ServiceSupervisor } from './plan.ts'

/** deployments.json: which releases the node has. To replace it is the commit point of a run. */
export type DeploymentsFile = Readonly<{
  version: 1
  /** What a reboot brings up; absent where nothing is deployed. */
  current?: NodeDeployment | undefined
  /** The one before it, whose containers are kept, stopped. */
  previous?: NodeDeployment | undefined
  /** The containers that the first release took over from; absent where there were none. */
  adopted?: NodeDeployment | undefined
}>

/** A release on the node. */
export type NodeDeployment = Readonly<{
  releaseId: string
  project: string
  /** In the order in which they start. */
  services: readonly NodeService[]
}>

/** One line of journal.jsonl. */
export type JournalLine = Readonly<{
  /** Id of the run. */
  run: string
  /** From 0. */
  sequence: number
  /** RFC 3339. */
  at: string
  /**
   * `planned`: `data` is the plan. `intended`: `data` is the effect that is about to be done. `happened`: `data` has the
   * event and the state that it led to. `ended`: `data` has the last state.
   */
  type: string
  data: unknown
}>

const DEPENDENCY = object<ServiceDependency>({ service: text, condition: oneOf('started', 'healthy') })

const SUPERVISOR = object<ServiceSupervisor>({ unit: text, ran: flag, makes: optional(flag) })

const SERVICE = object<NodeService>({
  name: text,
  digest: text,
  image: text,
  containerId: text,
  containerName: text,
  stopGraceMs: amount,
  restart: oneOf('no', 'always', 'unless-stopped', 'on-failure'),
  dependsOn: optional(listOf(DEPENDENCY)),
  supervisors: optional(listOf(SUPERVISOR)),
})

const DEPLOYMENT = object<NodeDeployment>({ releaseId: text, project: text, services: listOf(SERVICE) })

const DEPLOYMENTS = object<DeploymentsFile>({
  version: oneOf(1),
  current: optional(DEPLOYMENT),
  previous: optional(DEPLOYMENT),
  adopted: optional(DEPLOYMENT),
})

const LINE = object<JournalLine>({
  run: text,
  sequence: wholeNumber,
  at: text,
  type: text,
  data: anything,
})

/** Reads deployments.json. Throws DOCUMENT_INVALID. */
export function decodeDeployments(source: string): DeploymentsFile {
  return decodeText('deployments.json', source, DEPLOYMENTS)
}

export function encodeDeployments(deployments: DeploymentsFile): string {
  return `${JSON.stringify(deployments, undefined, 2)}\n`
}

/** Reads one line of journal.jsonl. What its data must be, the replay says. Throws DOCUMENT_INVALID. */
export function decodeJournalLine(source: string): JournalLine {
  return decodeText('a line of journal.jsonl', source, LINE)
}

export function encodeJournalLine(line: JournalLine): string {
  return JSON.stringify(line)
}
