import { systemdIsInit } from '../containers/index.ts'

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

/** The program with what every call of it is given, so that the service and the command line mean one storage. */
export async function podmanCommand(
  options: PodmanOptions,
): Promise<Readonly<{ binary: string; flags: readonly string[]; env: NodeJS.ProcessEnv }>> {
  return {
    binary: options.binary ?? 'podman',
    flags: [
      ...(options.root === undefined ? [] : ['--root', options.root]),
      ...(options.runroot === undefined ? [] : ['--runroot', options.runroot]),
      ...(options.tmpdir === undefined ? [] : ['--tmpdir', options.tmpdir]),
    ],
    env: {
      ...process.env,
      // Podman has systemd's timers run the healthchecks, and refuses to start the container where there is no systemd.
      ...((await systemdIsInit()) ? {} : { DISABLE_HC_SYSTEMD: 'true' }),
      ...options.env,
    },
  }
}
