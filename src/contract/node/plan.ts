import type { Finding } from '../../core/index.ts'
import type { NodeCheck } from './check.ts'

/** When a service starts after another one. */
export type ServiceDependency = Readonly<{
  service: string
  /** `healthy`: once that one is ready. */
  condition: 'started' | 'healthy'
}>

/** A service of a release that is to be deployed. */
export type NextService = Readonly<{
  name: string
  /** Digest over everything that makes a container of it differ. */
  digest: string
  /** Reference with the digest of the image. */
  image: string
  /** `when-idle`: kept, even if changed, while a guest needs a process of it. */
  replace: 'always' | 'when-idle'
  /** Milliseconds between the stop signal and SIGKILL. */
  stopGraceMs: number
  restart: 'no' | 'always' | 'unless-stopped' | 'on-failure'
  /** Absent where it is not known: it then starts once every service before it is ready. */
  dependsOn?: readonly ServiceDependency[]
  /** systemd units that keep the container running, where a plan goes back to an adopted one. */
  supervisors?: readonly ServiceSupervisor[]
  /** `never`: an upgrade that would take a guest with this service is refused. `expendable`: it is only said. */
  guests?: 'never' | 'expendable'
  /** Rank among services that do not depend on each other: lower starts earlier and stops later. */
  order?: number
  /** What must be true before those start that wait for it. */
  ready?: readonly ReadyCondition[]
  /** Processes of this service that guests need. */
  helpers?: readonly Readonly<{ exe: string; argv: readonly string[] }>[]
  /** Files of the host that the container gets. */
  secrets?: readonly GrantedFile[]
  configs?: readonly GrantedFile[]
  /** Names of environment variables that look like secrets and are declared not to be. */
  publicEnvironment?: readonly string[]
  /** What the engine is told of the container. Its members are those of the engine port, and may change. */
  container?: Readonly<Record<string, unknown>>
}>

/** A condition that makes a service ready. */
export type ReadyCondition = Readonly<{
  kind: 'libvirt' | 'exec' | 'unix' | 'tcp' | 'log'
  timeoutMs: number
  intervalMs: number
  /** Of `libvirt`: its socket. */
  socket?: string
  /** Of `exec`: a command in the container. */
  argv?: readonly string[]
  /** Of `unix`: a socket of the host. */
  path?: string
  /** Of `tcp`. */
  host?: string
  port?: number
  /** Of `log`: what the output of the container contains. */
  text?: string
}>

/** A file of the host in a container. Its content is in no document. */
export type GrantedFile = Readonly<{
  name: string
  /** Path on the host. */
  file: string
  /** Path in the container. */
  target: string
}>

/** A service on the node, and the container that runs it. */
export type NodeService = Readonly<{
  name: string
  /** Digest over everything that makes a container of it differ. */
  digest: string
  /** Reference with the digest of the image. */
  image: string
  containerId: string
  containerName: string
  /** Milliseconds between the stop signal and SIGKILL. */
  stopGraceMs: number
  restart: 'no' | 'always' | 'unless-stopped' | 'on-failure'
  /** Absent in files of earlier versions. */
  dependsOn?: readonly ServiceDependency[]
  /** systemd units that keep an adopted container running; absent where there are none. */
  supervisors?: readonly ServiceSupervisor[]
}>

/** A systemd unit that a switch disarms before it stops its container, and arms again on the way back. */
export type ServiceSupervisor = Readonly<{
  unit: string
  /** Whether it ran when the container was adopted: it is started again when it is armed. */
  ran: boolean
  /** Its start makes the container, which is gone once it has stopped. Absent where the engine keeps the container. */
  makes?: boolean
}>

/** What happens to one service. */
export type PlannedAction =
  /** A new container takes over from the old one. */
  | Readonly<{ action: 'replace'; service: string; old: NodeService; next: NextService; newName: string }>
  /** The service is new in this release. */
  | Readonly<{ action: 'add'; service: string; next: NextService; newName: string }>
  /** The service is not part of the release any more: its container stops and stays for a rollback. */
  | Readonly<{ action: 'remove'; service: string; old: NodeService }>
  /** The container goes on. */
  | Readonly<{ action: 'keep'; service: string; old: NodeService; because: 'unchanged' | 'guestsNeedIt' }>

/** What an upgrade or a rollback does. */
export type UpgradePlan = Readonly<{
  /** Digest of the rest. */
  id: string
  kind: 'upgrade' | 'rollback'
  project: string
  /** Absent on a node without a release. */
  fromReleaseId?: string | undefined
  toReleaseId: string
  /** The service whose libvirt runs the guests, where the release has one. */
  hypervisor?: string | undefined
  /** In the order in which the services start; those that are removed come last. */
  actions: readonly PlannedAction[]
  /** Endangered guests are moved before the switch instead of being a refusal. */
  rescue: boolean
  /** What a failed switch does. */
  onFailure: 'rollBack' | 'rollForward'
  /** The node is given back. Absent otherwise, and in plans of earlier versions. */
  forgets?: true
}>

/** One step of a run; docs/states.md has the list. */
export type RunEffect = Readonly<{
  kind: string
  /** By kind: names of services and containers, an image, a time in milliseconds. */
  args: Readonly<Record<string, string | number | boolean>>
}>

/** What an upgrade would do now, and what the check of the node says. */
export type PlanDocument = Readonly<{
  schema: 'anneal.plan/1'
  plan: UpgradePlan
  check: NodeCheck
  /** About the release itself; absent for a rollback, as are `effects`. */
  findings?: readonly Finding[]
  /** The steps, where nothing fails. */
  effects?: readonly RunEffect[]
}>

/** An upgrade that was refused because of the release itself. Nothing was touched. */
export type RefusalDocument = Readonly<{
  schema: 'anneal.refusal/1'
  plan: UpgradePlan
  findings: readonly Finding[]
}>
