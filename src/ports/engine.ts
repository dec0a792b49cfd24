import type { Container, ContainerSpec, EngineFacts, EngineKind, MountSpec } from '../node/index.ts'

export type { ContainerSpec, HealthcheckSpec, MountSpec, PortSpec } from '../node/index.ts'

/** What a container engine must be able to do for a release to be replaced. One contract suite runs on every adapter. */
export interface Engine {
  readonly kind: EngineKind

  /** Throws ENGINE_UNREACHABLE with the remedy for this engine. */
  facts(): Promise<EngineFacts>

  // images
  /** The image by reference, digest or id; undefined where the engine does not hold it. Never pulls. */
  inspectImage(reference: string): Promise<ImageFacts | undefined>
  /**
   * Pulls `name@sha256:…` (or a tag, when locking). Credentials come from the usual auth files.
   * Afterwards the image is verified to be the one asked for: IMAGE_DIGEST_MISMATCH otherwise.
   */
  pullImage(
    reference: string,
    options: { onProgress?: (progress: PullProgress) => void; signal?: AbortSignal },
  ): Promise<ImageFacts>
  /** Builds from a tar of the context. Output lines go to `onOutput`. */
  buildImage(context: NodeJS.ReadableStream, options: BuildOptions): Promise<ImageFacts>
  /** Makes an image of a root file system tar. */
  importImage(
    rootfs: NodeJS.ReadableStream,
    tag: string,
    labels: Readonly<Record<string, string>>,
  ): Promise<ImageFacts>

  // containers
  listContainers(filter: {
    labels?: Readonly<Record<string, string>>
    running?: boolean
  }): Promise<readonly Container[]>
  inspectContainer(idOrName: string): Promise<Container | undefined>
  /**
   * Creates and does not start. Idempotent by name: a container of that name with the same `labels` is returned as it is.
   * The container is never armed: `restartPolicy` tells what it will be armed with. Podman before 5.1 can be told only
   * here, and gives what is not `no` as `on-failure`, which acts while the container is up and never after a reboot.
   */
  createContainer(spec: ContainerSpec): Promise<string>
  /** Starting a running container does nothing. */
  startContainer(id: string): Promise<void>
  /** Sends the container's stop signal, then SIGKILL after the grace. Stopping a stopped container does nothing. */
  stopContainer(id: string, graceMs: number): Promise<void>
  /** Whether the engine itself brings the container back after a crash or a reboot. Does nothing on Podman before 5.1. */
  armContainer(id: string, policy: Container['restartPolicy']): Promise<void>
  /** Removes a stopped container; `force` kills it first. Removing an absent container does nothing. */
  removeContainer(id: string, options: { force: boolean }): Promise<void>
  /** Puts small text files (absolute path → text) into a container, running or not; missing folders are made. */
  putFiles(id: string, files: Readonly<Record<string, string>>): Promise<void>
  exec(
    id: string,
    argv: readonly string[],
    options?: { timeoutMs?: number; input?: string },
  ): Promise<ExecResult>
  /** Last lines of the container's output; with `since` (RFC 3339) only what was written from then on. */
  logs(id: string, lines: number, since?: string): Promise<string>
  /**
   * Runs a throw-away container with no network, no host mounts beyond those named, private namespaces, no privileges
   * and a read-only root where asked (the folders that `files` go to may stay writable); returns its output and
   * removes it, also when it took too long (EXEC_TIMEOUT).
   */
  runOnce(image: string, options: RunOnceOptions): Promise<ExecResult>
}

export type ImageFacts = Readonly<{
  /** Config digest: `sha256:…`. */
  id: string
  /** `name@sha256:…` forms under which registries know it. */
  repoDigests: readonly string[]
  tags: readonly string[]
  labels: Readonly<Record<string, string>>
  sizeBytes: number
  architecture: string
  /** USER of the image config; '' means root. */
  user: string
}>

export type PullProgress = Readonly<{
  reference: string
  doneBytes: number
  totalBytes: number
  layersDone: number
  layersTotal: number
}>

export type BuildOptions = Readonly<{
  tag: string
  /** Path inside the context. */
  dockerfile?: string
  buildArgs?: Readonly<Record<string, string>>
  labels?: Readonly<Record<string, string>>
  /** `host` where packages are to be fetched. */
  networkMode?: string
  onOutput?: (line: string) => void
  signal?: AbortSignal
}>

export type ExecResult = Readonly<{ exitCode: number; stdout: string; stderr: string }>

export type RunOnceOptions = Readonly<{
  entrypoint?: readonly string[]
  command: readonly string[]
  /** Files put into the container before it starts: absolute path → text. */
  files?: Readonly<Record<string, string>>
  mounts?: readonly MountSpec[]
  readOnlyRoot?: boolean
  timeoutMs: number
  user?: string
}>
