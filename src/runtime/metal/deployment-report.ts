import type {
  DeployEntry,
  DeployPlan,
  DeployReason,
  PlainArgument,
  RestState,
  ServerPlan,
  Stretch,
} from '../../metal/index.ts'

/** What `anneal metal deploy --json` gives and the state directory keeps. No secret is in it. */
export type DeploymentReport = Readonly<{
  schema: 'anneal.deployment/1'
  deployment: string
  node: DeployPlan['node']
  image: DeployPlan['image']
  route: string
  why: string
  kernelArguments: readonly PlainArgument[]
  /** What Nova was asked for; absent where Ironic was asked itself. */
  server?: ServerPlan
  configDrive?: string
  outcome: RestState
  reason?: DeployReason
  /** Where this run found the deployment, when an earlier one had begun it. */
  resumedIn?: Exclude<DeployEntry, 'preparing'>
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
