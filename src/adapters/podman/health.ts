import type { Container } from '../../node/index.ts'
import { readHealth, systemdIsInit, unlessAbsent } from '../containers/index.ts'
import type { EngineApi } from '../containers/index.ts'
import type { PodmanInspect } from './container-facts.ts'
import { LIBPOD } from './libpod.ts'

/** Interval of a healthcheck that names none, in nanoseconds: podman-run(1), `--health-interval`. */
const DEFAULT_INTERVAL_NS = 30e9

/**
 * The health of a running container. Podman has systemd's timers run the checks; on a host without systemd nothing
 * would ever run them and the state would stay `starting`. There, being asked is what runs the check, when one is due.
 */
export async function currentHealth(api: EngineApi, inspect: PodmanInspect): Promise<Container['health']> {
  const health = inspect.State?.Health ?? inspect.State?.Healthcheck
  const known = readHealth(health?.Status)
  const check = inspect.Config?.Healthcheck
  if (known === 'none' || inspect.State?.Status !== 'running' || (await systemdIsInit())) return known
  const last = health?.Log?.at(-1)?.End
  const intervalMs = (check?.Interval ?? DEFAULT_INTERVAL_NS) / 1e6
  if (last !== undefined && Date.now() - Date.parse(last) < intervalMs) return known
  // 409: the container stopped meanwhile. Then what is known is as good as it gets.
  const ran = await unlessAbsent(() =>
    api
      .json<{ Status?: string }>({ method: 'GET', path: `${LIBPOD}/containers/${inspect.Id}/healthcheck` })
      .catch(() => undefined),
  )
  return ran === undefined ? known : readHealth(ran.Status)
}
