import type { Container, Mount } from './container.ts'

/** The host path (or `volume:…`) that a container path is, by its longest mount; undefined where it is the container's own. */
export function hostPathOf(
  mounts: readonly Pick<Mount, 'type' | 'source' | 'target'>[],
  path: string,
): string | undefined {
  const mount = mountOf(mounts, path)
  if (mount === undefined || mount.type === 'tmpfs') return undefined
  const rest = below(mount, path)
  const host = `${mount.source.replace(/\/$/, '')}${rest}`
  // /var/run is /run everywhere this century.
  return mount.type === 'volume' ? `volume:${host}` : host.replace(/^\/var\/run\//, '/run/')
}

/** The same of a container, or of a service of the host, whose paths are the host's own. */
export function heldAt(
  { mounts, hostUnit }: Pick<Container, 'mounts' | 'hostUnit'>,
  path: string,
): string | undefined {
  return hostUnit === undefined ? hostPathOf(mounts, path) : path
}

/**
 * Where the host has what was written to a path: in a directory that is bound or a volume, or else in the container's own layer, which
 * does not hold the files of its image. undefined where the engine does not say where the volume or the layer is.
 */
export function writtenAt(
  container: Pick<Container, 'mounts' | 'hostUnit' | 'rootUpperDir'>,
  path: string,
): string | undefined {
  const held = heldAt(container, path)
  if (held?.startsWith('/') === true) return held
  if (held !== undefined) {
    const volume = mountOf(container.mounts, path)
    return volume?.heldIn === undefined ? undefined : `${volume.heldIn}${below(volume, path)}`
  }
  return container.rootUpperDir === undefined ? undefined : `${container.rootUpperDir}${path}`
}

/** The mount that a path is in: the longest. */
function mountOf<T extends Pick<Mount, 'target'>>(mounts: readonly T[], path: string): T | undefined {
  return mounts
    .filter(
      (candidate) => path === candidate.target || path.startsWith(`${candidate.target.replace(/\/$/, '')}/`),
    )
    .toSorted((a, b) => b.target.length - a.target.length)[0]
}

function below({ target }: Pick<Mount, 'target'>, path: string): string {
  return path.slice(target.replace(/\/$/, '').length)
}
