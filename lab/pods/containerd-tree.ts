import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Suite } from '../host-arguments.ts'
import { prepare } from '../openstack/prepared.ts'
import { ensureTreePackages } from '../packages.ts'
import { REPOSITORY, labPath } from '../paths.ts'
import { must } from '../run.ts'

const HERE = join(REPOSITORY, 'lab/pods')

/**
 * What to put before a program so that it runs with the containerd, runc and crun of a suite, whose tree is made where it is
 * missing: ten seconds. Control groups are the machine's: all of them, or as on a host with cgroup v2 alone.
 */
export async function inContainerdTree(suite: Suite, cgroups: 'machine' | 'v2'): Promise<readonly string[]> {
  await ensureTreePackages()
  const recipe = join(HERE, 'make-tree.sh')
  const directory = await prepare({
    name: `containerd-${suite}`,
    inputs: [readFileSync(recipe, 'utf8')],
    make: async (work) => {
      await must(`make the tree of ${suite}`, [recipe, suite, work])
    },
  })
  const writable = labPath('pods', `${suite}-${cgroups}`)
  mkdirSync(writable, { recursive: true })
  const enter = [join(HERE, 'enter.sh'), join(directory, 'root'), cgroups, writable, REPOSITORY]
  return ['unshare', '--mount', '--propagation', 'private', 'bash', ...enter]
}

/** The OCI runtime without what the machine does not grant, on a host with cgroup v2. */
export function bareRuntime(runtime: 'runc' | 'crun'): string {
  return join(HERE, `bare-${runtime}`)
}
