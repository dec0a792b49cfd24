import type { MountInfo } from '../proc/index.ts'
import type { Hierarchy } from './kernel.ts'

export type CgroupMounts = Readonly<{
  /** Directory of a control group; undefined where no mount shows it. */
  directory(hierarchy: Hierarchy, path: string): string | undefined
  /** Where cgroup v2 is mounted. */
  unified: string | undefined
}>

/**
 * Where each hierarchy is mounted, by the lines of /proc/self/mountinfo. Only mounts below `cgroupRoot` count: those
 * that containers have of the same hierarchies lie elsewhere. A mount may show only a part of its hierarchy (`root`).
 */
export function cgroupMounts(all: readonly MountInfo[], cgroupRoot: string): CgroupMounts {
  const mounts = all.filter(
    ({ fsType, mountPoint }) =>
      (fsType === 'cgroup' || fsType === 'cgroup2') &&
      (mountPoint === cgroupRoot || mountPoint.startsWith(`${cgroupRoot}/`)),
  )
  const mountOf = ({ hierarchy, controllers }: Hierarchy): MountInfo | undefined =>
    // A later mount hides an earlier one.
    mounts.findLast(({ fsType, superOptions }) =>
      hierarchy === 0
        ? fsType === 'cgroup2'
        : fsType === 'cgroup' && controllers.every((controller) => superOptions.includes(controller)),
    )
  return {
    directory(hierarchy, path) {
      // `/..` is outside of this cgroup namespace: no path leads there.
      if (path.startsWith('/..')) return undefined
      const mount = mountOf(hierarchy)
      if (mount === undefined) return undefined
      if (mount.root === '/') return path === '/' ? mount.mountPoint : `${mount.mountPoint}${path}`
      if (path === mount.root) return mount.mountPoint
      return path.startsWith(`${mount.root}/`)
        ? `${mount.mountPoint}${path.slice(mount.root.length)}`
        : undefined
    },
    unified: mountOf({ hierarchy: 0, controllers: [] })?.mountPoint,
  }
}
