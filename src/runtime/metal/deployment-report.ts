import type { DeployPlan, DeployReason, PlainArgument, RestState, Stretch } from '../../metal/index.ts'

/** What `anneal metal deploy --json` gives and the state directory keeps. No secret is in it. */
export type DeploymentReport = Readonly<{
  schema: 'anneal.deployment/1'
  deployment: string
  node: DeployPlan['node']
  image: DeployPlan['image']
  route: string
  why: string
  kernelArguments: readonly PlainArgument[]
  configDrive?: string
  outcome: RestState
  reason?: DeployReason
  /** Where this run found the deployment, when an earlier one had begun it. */
  resumedIn?: 'deploying' | 'proving'
  /** RFC 3339. */
  startedAt: string
  endedAt: string
  seconds: number
  /** What the node passed through, as seen every `pollSeconds`. */
  timeline: readonly Stretch[]
  pollSeconds: number
  /** The SSH greeting, or the line of the console, by which the machine showed that it is up. */
  answer?: string
}>

/** What is kept while a deployment is under way, so that another run can go on with it. */
export type DeploymentNote = Readonly<{
  schema: 'anneal.deployment-note/1'
  deployment: string
  startedAt: string
  /** Where the console's file ended before Ironic was asked: what is before it is of an earlier boot. */
  consolePosition?: number
}>

export function isNote(value: unknown): value is DeploymentNote {
  return (
    typeof value === 'object' &&
    value !== null &&
    'schema' in value &&
    value.schema === 'anneal.deployment-note/1'
  )
}
