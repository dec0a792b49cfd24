import type { Container, Mount } from './container.ts'

/** The host path (or `volume:…`) that a container path is, by its longest mount; undefined where it is the container's own. */
export function hostPathOf(
  mounts: readonly Pick<Mount, 'type' | 'source' | 'target'>[],
  path: string,
): string | undefined {
  const mount = mounts
    .filter(
      (candidate) => path === candidate.target || path.startsWith(`${candidate.target.replace(/\/$/, '')}/`),
    )
    .toSorted((a, b) => b.target.length - a.target.length)[0]
  if (mount === undefined || mount.type === 'tmpfs') return undefined
  const rest = path.slice(mount.target.replace(/\/$/, '').length)
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
 * Where the host has what was written to a path: in a directory that is bound, or else in the container's own layer, which does not hold
 * the files of its image. undefined for a volume, and where the layer is not known.
 */
export function writtenAt(
  container: Pick<Container, 'mounts' | 'hostUnit' | 'rootUpperDir'>,
  path: string,
): string | undefined {
  const held = heldAt(container, path)
  if (held !== undefined) return held.startsWith('/') ? held : undefined
  return container.rootUpperDir === undefined ? undefined : `${container.rootUpperDir}${path}`
}
