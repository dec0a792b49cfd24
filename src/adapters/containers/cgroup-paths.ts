import type { CgroupPaths } from '../../node/index.ts'

/** Where cgroup hierarchies are mounted, from /proc/self/mountinfo (proc(5)). */
export type CgroupMount = Readonly<{
  mountPoint: string
  /** The directory of the hierarchy that the mount shows: `/` unless only a part of it was bound. */
  root: string
}>

export function cgroupMounts(mountinfo: string): readonly CgroupMount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ')
    const fsType = after?.split(' ')[0]
    if (before === undefined || (fsType !== 'cgroup' && fsType !== 'cgroup2')) return []
    const fields = before.split(' ')
    const [root, mountPoint] = [fields[3], fields[4]]
    return root === undefined || mountPoint === undefined
      ? []
      : [{ root: unescape(root), mountPoint: unescape(mountPoint) }]
  })
}

/** mountinfo writes space, tab, newline and backslash as octal escapes. */
function unescape(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}

/**
 * Turns the absolute paths that runc records (`/sys/fs/cgroup/devices/docker/ID`) into paths below their hierarchy's
 * root (`/docker/ID`), the form of /proc/PID/cgroup. A path under no known mount is left out: it cannot be compared.
 */
export function belowHierarchyRoot(recorded: CgroupPaths, mounts: readonly CgroupMount[]): CgroupPaths {
  return Object.fromEntries(
    Object.entries(recorded).flatMap(([controller, path]) => {
      const mount = mounts
        .filter(({ mountPoint }) => path === mountPoint || path.startsWith(`${mountPoint}/`))
        .toSorted((a, b) => b.mountPoint.length - a.mountPoint.length)[0]
      if (mount === undefined) return []
      const joined = `${mount.root === '/' ? '' : mount.root}${path.slice(mount.mountPoint.length)}`
      return [[controller, joined === '' ? '/' : joined]]
    }),
  )
}

/**
 * crun records one path for all the hierarchies it uses: v2 (`''`) where that alone is mounted (`unified`, also where
 * /proc/self/cgroup still lists one of v1 that is mounted elsewhere), else the v1 ones of /proc/self/cgroup. Under systemd it may record a cgroup below the scope; but the scope is what it stops in the end.
 */
export function crunCgroupPaths(
  path: string,
  scope: string,
  selfCgroup: string,
  layout: 'unified' | 'other',
): CgroupPaths {
  const absolute = path.startsWith('/') ? path : `/${path}`
  const end = scope === '' ? -1 : `${absolute}/`.indexOf(`/${scope}/`)
  const used = end === -1 ? absolute : absolute.slice(0, end + 1 + scope.length)
  const controllers = selfCgroup
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => line.split(':')[1]?.split(',') ?? [])
  const v1 = layout === 'unified' ? [] : controllers.filter((controller) => controller !== '')
  return Object.fromEntries((v1.length > 0 ? v1 : ['']).map((controller) => [controller, used]))
}

/**
 * Where Docker puts a container's cgroup, by its driver and the container's `CgroupParent`
 * (moby: daemon/oci_linux.go, WithCgroups). Only for where the runtime's own record cannot be read.
 */
export function dockerCgroup(id: string, driver: 'systemd' | 'cgroupfs', parent: string): string {
  if (driver === 'systemd')
    return `${expandSlice(parent === '' ? 'system.slice' : parent)}/docker-${id}.scope`
  const base = parent === '' ? '/docker' : parent.startsWith('/') ? parent : `/${parent}`
  return `${base.replace(/\/$/, '')}/${id}`
}

/** `a-b.slice` lies in `a.slice` (systemd.slice(5)). */
export function expandSlice(slice: string): string {
  if (!slice.endsWith('.slice')) return slice.startsWith('/') ? slice : `/${slice}`
  if (slice === '-.slice') return ''
  const parts = slice.slice(0, -'.slice'.length).split('-')
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('-')}.slice`).join('')
}
