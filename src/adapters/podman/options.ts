/** How to reach a Podman: all of it is optional, and by default it is the system's own, rootful. */
export type PodmanOptions = Readonly<{
  /** The program. */
  binary?: string
  /** `--root`, `--runroot` and `--tmpdir`: another storage than the system's. */
  root?: string
  runroot?: string
  tmpdir?: string
  /** Added to the environment of the service: CONTAINERS_CONF, CONTAINERS_REGISTRIES_CONF, … */
  env?: Readonly<Record<string, string>>
  /** Where Anneal's own service has its socket. */
  runDir?: string
  /** Where the OCI runtimes keep their state; their own defaults for root. */
  stateRoots?: readonly string[]
}>
