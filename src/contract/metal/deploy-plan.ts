/** A kernel argument, and where it comes from. */
export type OriginArgument = Readonly<{
  /** As it is on the command line. */
  text: string
  /** `the boot entry …`, `image property kernel_cmdline`, `--karg`. */
  origin: string
}>

export type DeployNode = Readonly<{ uuid: string; name: string }>

export type DeployImage = Readonly<{
  /** An id of Glance, or a URL. */
  reference: string
  name: string
  /** Kernel and ramdisk that belong to it: ids of Glance, or URLs. */
  kernel?: string
  ramdisk?: string
  /** `sha512:…`, as Glance or `--checksum` says it. */
  hash?: string
}>

/** Deploy interfaces of Ironic, one after the other. */
export type DeployRoute = 'direct' | 'direct+ramdisk' | 'ramdisk' | 'stream' | 'iscsi'

/** What Nova is asked for. */
export type DeployServer = Readonly<{
  name: string
  flavor: Readonly<{ id: string; name: string }>
  /** `auto`: what the project has; `none`; or ids of networks. */
  networks: 'auto' | 'none' | readonly string[]
  /** Key pair; with the public key where it is to be registered. */
  key?: Readonly<{ name: string; material?: string }>
  configDrive: 'wanted' | 'notWanted'
}>

/** Members of the instance information of an Ironic node. */
export type InstanceMembers = Readonly<Record<string, string | number>>

/** What a deployment does. */
export type DeploymentPlan = Readonly<{
  /** Digest of all that reaches the machine: the same image, arguments and config drive are the same deployment. */
  id: string
  node: DeployNode
  image: DeployImage
  route: DeployRoute
  /** For people: why this route. */
  why: string
  refusedRoutes: readonly Readonly<{ route: DeployRoute; why: string; remedy: string }>[]
  arguments: readonly OriginArgument[]
  /** Arguments of the image that the machine does not get. */
  removedArguments: readonly OriginArgument[]
  /** What the deployment sets of the node. */
  instanceInfo: InstanceMembers
  /** What takes its place once the base is on the disk: for the boot over the network. */
  bootInfo?: InstanceMembers
  /** Ironic is asked about that boot before the base is written. */
  checksBootFirst?: true
  /** Digest of the config drive; its content may hold secrets and is in no document. */
  configDrive?: string
  /** Absent where Ironic is asked itself. */
  server?: DeployServer
  notes: readonly string[]
}>

/** When a machine counts as ready, once Ironic says that it is active. */
export type DeployReady =
  | Readonly<{ kind: 'ssh'; host: string; port: number }>
  | Readonly<{ kind: 'console'; text: string; source: string }>
  | Readonly<{ kind: 'active' }>

/** What `anneal metal deploy --dry-run` would do. */
export type DeployPlanDocument = Readonly<{
  schema: 'anneal.deploy-plan/1'
  plan: DeploymentPlan
  ready: DeployReady
  /** Where the run would enter: `preparing` where nothing was done yet. */
  beginsIn: 'preparing' | 'deploying' | 'switching' | 'booting' | 'proving'
}>
