import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { cgroupPath, parseCgroupLines } from '../../node/index.ts'
import type { Container } from '../../node/index.ts'

const CGROUP_ROOT = '/sys/fs/cgroup'

/**
 * The cgroup that leaves the process the least room for more tasks: its own or one above it, as each of them counts
 * (Documentation/admin-guide/cgroup-v1/pids.rst). `undefined` where none has a limit.
 */
export async function taskLimitOf(
  pid: number,
  roots = { proc: '/proc', cgroup: CGROUP_ROOT },
): Promise<Container['taskLimit']> {
  if (pid <= 0) return undefined
  const cgroups = parseCgroupLines((await read(join(roots.proc, String(pid), 'cgroup'))) ?? '')
  const v1 = cgroupPath({ cgroups }, 'pids')
  const path = v1 ?? cgroupPath({ cgroups }, '')
  if (path === undefined) return undefined
  const root = v1 === undefined ? roots.cgroup : join(roots.cgroup, 'pids')
  let tightest: Container['taskLimit']
  for (let at = path; at !== '/' && at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const [limit, current] = await Promise.all(
      ['pids.max', 'pids.current'].map(async (file) =>
        Number((await read(join(root, at, file))) ?? Number.NaN),
      ),
    )
    // `max` is no number.
    if (limit === undefined || current === undefined || Number.isNaN(limit - current)) continue
    if (tightest === undefined || limit - current < tightest.limit - tightest.current) {
      tightest = { limit, current, cgroup: at }
    }
  }
  return tightest
}

function read(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}
