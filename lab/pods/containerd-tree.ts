import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Suite } from '../host-arguments.ts'
import { prepareSuite } from '../openstack/prepared.ts'
import { ensureTreePackages } from '../packages.ts'
import { REPOSITORY, labPath } from '../paths.ts'

const HERE = join(REPOSITORY, 'lab/pods')

/** Control groups of the machine as a host sees them: all of them, or those of one version alone. */
export type PodCgroups = 'machine' | 'v1' | 'v2'

/**
 * What to put before a program so that it runs with the containerd, runc and crun of a suite, whose tree is made where it is
 * missing: ten seconds. `systemd`: it runs on a host of its own, whose first process is the suite's systemd; up in seconds, and
 * gone with the program.
 */
export async function inContainerdTree(
  suite: Suite,
  cgroups: PodCgroups,
  init: 'none' | 'systemd',
): Promise<readonly string[]> {
  await ensureTreePackages()
  const directory = await prepareSuite('containerd', join(HERE, 'make-tree.sh'), suite)
  const writable = labPath('pods', `${suite}-${cgroups}-${init}`)
  mkdirSync(writable, { recursive: true })
  const place = [join(directory, 'root'), cgroups, writable, REPOSITORY]
  return init === 'systemd'
    ? ['bash', join(HERE, 'on-systemd.sh'), ...place]
    : ['unshare', '--mount', '--propagation', 'private', 'bash', join(HERE, 'enter.sh'), ...place]
}

/** The OCI runtime without what the machine does not grant, on a host with cgroup v2. */
export function bareRuntime(runtime: 'runc' | 'crun'): string {
  return join(HERE, `bare-${runtime}`)
}
