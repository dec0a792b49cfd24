import type { Mount } from './container.ts'

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
