/** A container as an engine reports it, reduced to what decisions need. Plain JSON. */

/** The only list of them: what has to know all engines takes it from here. */
export const ENGINE_KINDS = ['docker', 'podman', 'containerd'] as const

export type EngineKind = (typeof ENGINE_KINDS)[number]

/** What an engine is and does. What is decided goes by these facts; `kind` and `version` are for people and records. */
export type EngineFacts = Readonly<{
  kind: EngineKind
  version: string
  /** Who creates the container cgroups: `systemd` (scope units) or `cgroupfs` (plain directories). */
  cgroupDriver: 'systemd' | 'cgroupfs'
  /** A daemon that stops takes its containers along: Docker without live-restore. */
  stopsContainersWithDaemon: boolean
  /**
   * Each container hangs on a shim of the daemon's: where that is killed, the daemon kills what is left. Podman's conmon
   * leaves its container running.
   */
  hasShim: boolean
  /** A daemon that starts deletes in the runtime what is left of containers that have stopped. */
  deletesLeftoversAtStart: boolean
  /** The restart policy of a container can be changed once it is there. Not with Podman before 5.1. */
  changesRestartPolicy: boolean
  /** It deletes containers with `kill --all`: what is in their cgroup dies also where they have a pid namespace of their own. */
  killsByCgroup?: true
  /** A stop ends only once no process has the container's output open, not even one that outlives the container. */
  waitsForOutput?: true
  /** Its containers are parts of pods: a kubelet makes, restarts and removes them, and Anneal only reads them. */
  keptByKubelet?: true
  /** A limit of 0 tasks reaches the runtime as it is. Docker leaves it out. */
  passesZeroTaskLimit: boolean
  /** Where the engine keeps images and layers: the file system whose free space counts. */
  storageDir: string
  /** Docker's: `containerd` names images by the digest of their manifest, `classic` by that of their configuration. */
  imageStore?: 'containerd' | 'classic'
  /** Boot-time starter of containers, absent where nothing would start them after a reboot. */
  startsAtBoot: boolean
}>

export type Mount = Readonly<{
  type: 'bind' | 'volume' | 'tmpfs'
  /** Host path of a bind, name of a volume, empty for tmpfs. */
  source: string
  target: string
  readOnly: boolean
  /** The host's directory with the files of a volume. Absent where the engine does not report it. */
  heldIn?: string
}>

/** How the engine's runtime recorded the container's cgroups: path per v1 controller, `''` for v2. */
export type CgroupPaths = Readonly<Record<string, string>>

export type ContainerStatus = 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'removing' | 'dead'

/** The pod that a container is a part of, as the kubelet named it. */
export type PodFacts = Readonly<{
  /** Id of its sandbox: the container that holds the pod's namespaces, and whose stop is the pod's. */
  id: string
  namespace: string
  name: string
  uid: string
  /** The cgroup of the whole pod, one path below every hierarchy's root; undefined where it was given none. */
  cgroup?: string
  /** Whether this container is that sandbox, or one beside it. */
  part: 'sandbox' | 'container'
}>

export type Container = Readonly<{
  id: string
  /** Without Docker's leading slash. */
  name: string
  status: ContainerStatus
  /** Pid of the container's first process in the host's pid namespace; 0 when not running. */
  pid: number
  exitCode: number | undefined
  /** RFC 3339; undefined if it was never started. */
  startedAt: string | undefined
  /** Digest id of the image (`sha256:…`). */
  imageId: string
  /** The reference the container was created from. */
  image: string
  labels: Readonly<Record<string, string>>
  /** The OCI runtime's name as the engine configured it (`runc`, `crun`, a wrapper of them). */
  runtime: string
  /** Which program that name really is: told by the state file it wrote, else by its name. */
  runtimeFamily: 'runc' | 'crun' | 'unknown'
  /** Version of that program (`1.1.5`), where it could be asked. Kill rules changed with runc 1.2. */
  runtimeVersion: string | undefined
  privileged: boolean
  /** `private`: a pid namespace of its own. `container:ID` counts as shared. */
  pidMode: 'host' | 'private' | 'shared'
  /** `host` or `private`; from the engine, or from the namespace inode where the engine does not say. */
  cgroupnsMode: 'host' | 'private'
  networkMode: string
  mounts: readonly Mount[]
  /** NAMES of the environment variables, and which of them look like secrets. Values never leave the adapter. */
  environmentNames: readonly string[]
  restartPolicy: 'no' | 'always' | 'unless-stopped' | 'on-failure'
  /** What the OCI runtime recorded, where its state file could be read. Below the hierarchy's root, as in /proc/PID/cgroup. */
  cgroupPaths: CgroupPaths | undefined
  /**
   * Where the engine puts the container's cgroup, one path below every hierarchy's root: Podman says it itself, for
   * Docker it follows from its driver and the cgroup parent. What is left to go by where `cgroupPaths` is undefined.
   */
  engineCgroup?: string
  /** Who creates its cgroups, where its runtime was told so and its engine has more than one runtime. */
  cgroupDriver?: EngineFacts['cgroupDriver']
  pod?: PodFacts
  /**
   * It is no container but a service of the host's systemd, which is taken over like one. `obstacle`: why its stop would reach
   * more than its first process. `rival`: a unit of another libvirt of the host that is up, too.
   */
  hostUnit?: Readonly<{ unit: string; obstacle?: string; rival?: string }>
  /**
   * Nobody of the engine waits for its end any more: Podman's conmon was killed. Podman goes on to call it running whatever becomes of
   * it, never restarts it, and cannot start it again once it has ended. `status` is then by its first process: `dead` once that is gone.
   */
  unwatched?: true
  /** It has ended (`status` is `exited`), but Docker still calls it running: containerd did not tell Docker of the end. */
  endUnnoticed?: true
  /** Whether the engine removes it once it has stopped (`--rm`). It cannot be changed afterwards. */
  autoRemove?: boolean
  /** The limit of tasks that it was created with, as the engine reports it: 0 means none to most runtimes. */
  pidsLimit?: number
  /** The cgroup, its own or one above, that leaves its first process the least room for more tasks. */
  taskLimit?: Readonly<{ limit: number; current: number; cgroup: string }>
  health: 'none' | 'starting' | 'healthy' | 'unhealthy'
  /** Upper directory of the container's root overlay, where the storage driver is overlay. */
  rootUpperDir: string | undefined
  entrypoint: readonly string[]
  command: readonly string[]
  stopSignal: string
}>

/**
 * What stops a container, and so which rules apply. `podRemoved`: a kubelet takes its pod away; elsewhere it counts as
 * `remove`.
 */
export type StopCause = 'stop' | 'remove' | 'kill' | 'engineStopped' | 'shimKilled' | 'podRemoved'
