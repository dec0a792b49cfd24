import { access, readlink, readFile } from 'node:fs/promises'

/**
 * Which cgroup namespace a container has where its engine does not say. A running one is compared with the host's
 * first process; for the others the engines' defaults hold: private on a host with cgroup v2 only, else host
 * (docker run(1), podman-create(1), `--cgroupns`).
 */
export async function cgroupnsModeOf(pid: number): Promise<'host' | 'private'> {
  if (pid > 0) {
    try {
      const [container, host] = await Promise.all([readlink(`/proc/${pid}/ns/cgroup`), hostCgroupns()])
      return container === host ? 'host' : 'private'
    } catch {
      // The process ended meanwhile, or this kernel has no cgroup namespaces.
    }
  }
  return (await unifiedOnly()) ? 'private' : 'host'
}

/** The first process's, or Anneal's own where a sandbox keeps the first process's from being read. */
function hostCgroupns(): Promise<string> {
  return readlink('/proc/1/ns/cgroup').catch(() => readlink('/proc/self/ns/cgroup'))
}

/** Whether /sys/fs/cgroup is cgroup v2 (cgroups(7): only its directories have cgroup.controllers). */
export async function unifiedOnly(): Promise<boolean> {
  return access('/sys/fs/cgroup/cgroup.controllers').then(
    () => true,
    () => false,
  )
}

/** Upper directory of the overlay that is the process's root (proc(5), mountinfo). */
export async function rootUpperDirOf(pid: number): Promise<string | undefined> {
  if (pid <= 0) return undefined
  try {
    const mountinfo = await readFile(`/proc/${pid}/mountinfo`, 'utf8')
    const root = mountinfo
      .split('\n')
      .find((line) => line.split(' ')[4] === '/' && line.includes(' - overlay '))
    return root === undefined ? undefined : /(?:^|[ ,])upperdir=([^, ]+)/.exec(root)?.[1]
  } catch {
    return undefined
  }
}
