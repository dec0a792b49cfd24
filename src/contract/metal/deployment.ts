import { object, oneOf, optional, text, wholeNumber } from '../shape.ts'
import type { DeployImage, DeployNode, DeployServer, OriginArgument } from './deploy-plan.ts'
import type { StateStretch } from './timeline.ts'

/** What a deployment did: printed, and kept in the state directory. */
export type DeploymentDocument = Readonly<{
  schema: 'anneal.deployment/1'
  /** Id of the deployment. */
  deployment: string
  node: DeployNode
  image: DeployImage
  /** Deploy interfaces of Ironic, one after the other. */
  route: string
  /** For people: why this route. */
  why: string
  kernelArguments: readonly OriginArgument[]
  /** What Nova was asked for; absent where Ironic was asked itself. */
  server?: DeployServer
  /** Digest of the config drive. */
  configDrive?: string
  /** docs/deployment-states.md explains each. */
  outcome: 'ready' | 'refused' | 'failed' | 'silent' | 'left'
  /** Why the outcome is not `ready`. */
  reason?: Readonly<{ code: string; message: string; remedy: string }>
  /** Where this run found the deployment that an earlier one had begun. */
  resumedIn?: 'deploying' | 'switching' | 'booting' | 'proving'
  /** RFC 3339. */
  startedAt: string
  /** RFC 3339. */
  endedAt: string
  seconds: number
  /** What the machine passed through, as seen every `pollSeconds`. */
  timeline: readonly StateStretch[]
  pollSeconds: number
  /** The SSH greeting, or the line of the console, by which the machine showed that it is up. */
  answer?: string
}>

/** What is kept of a deployment that is under way, for another run that goes on with it. */
export type DeploymentNote = Readonly<{
  schema: 'anneal.deployment-note/1'
  /** Id of the deployment. */
  deployment: string
  /** RFC 3339. */
  startedAt: string
  /** Bytes: where the console's file ended before Ironic was asked. What is before it is of an earlier boot. */
  consolePosition?: number
  /** The last sign of life of a machine that an earlier run gave up as silent. */
  silentAt?: string
}>

const NOTE = object<DeploymentNote>({
  schema: oneOf('anneal.deployment-note/1'),
  deployment: text,
  startedAt: text,
  consolePosition: optional(wholeNumber),
  silentAt: optional(text),
})

/** The note of a deployment; undefined where the value is none. A run goes on without it. */
export function asDeploymentNote(value: unknown): DeploymentNote | undefined {
  return NOTE.problem(value, '') === undefined ? (value as DeploymentNote) : undefined
}
