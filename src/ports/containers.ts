import type { Container, ContainerSpec } from '../node/index.ts'

export type { ContainerSpec, HealthcheckSpec, MountSpec, PortSpec } from '../node/index.ts'

/** The containers of a node, by what every runtime can do with them: a CRI, too. */
export interface Containers {
  listContainers(filter: {
    labels?: Readonly<Record<string, string>>
    running?: boolean
  }): Promise<readonly Container[]>
  inspectContainer(idOrName: string): Promise<Container | undefined>
  /**
   * What the container would be made of again: all that it was told, less what its image and its engine say anyway; the
   * image by digest, where a registry knows it. undefined where there is none. Values of its environment are in it:
   * whoever writes them down takes secrets out.
   */
  describeContainer(idOrName: string): Promise<ContainerSpec | undefined>
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
  /**
   * Whether the engine itself brings the container back after a crash or a reboot. Does nothing where the facts say that it
   * cannot be changed (`changesRestartPolicy`): Podman before 5.1.
   */
  armContainer(id: string, policy: Container['restartPolicy']): Promise<void>
  /** Removes a stopped container; `force` kills it first. Removing an absent container does nothing. */
  removeContainer(id: string, options: { force: boolean }): Promise<void>
  exec(
    id: string,
    argv: readonly string[],
    options?: { timeoutMs?: number; input?: string },
  ): Promise<ExecResult>
  /** Last lines of the container's output; with `since` (RFC 3339) only what was written from then on. */
  logs(id: string, lines: number, since?: string): Promise<string>
}

export type ExecResult = Readonly<{ exitCode: number; stdout: string; stderr: string }>
