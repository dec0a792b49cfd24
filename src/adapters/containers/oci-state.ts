import { readdir, readFile, readlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

import type { CgroupPaths } from '../../node/index.ts'
import { belowHierarchyRoot, cgroupMounts, crunCgroupPaths } from './cgroup-paths.ts'
import { unifiedOnly } from './namespaces.ts'

/**
 * What the OCI runtime wrote down about a running container. It stops by this record, whatever became of the
 * processes since: so the kill rules go by it too.
 */
export type OciRecord = Readonly<{ family: 'runc' | 'crun'; cgroupPaths: CgroupPaths }>

/**
 * Looks for the container's record in the given state roots (`<root>/<id>/state.json` is runc's,
 * `<root>/<id>/status` crun's). The runtime may be registered under any name: the file tells which it really is.
 * `undefined` where neither is there or readable.
 */
export async function readOciRecord(id: string, roots: readonly string[]): Promise<OciRecord | undefined> {
  for (const root of roots) {
    const runc = await readJson(join(root, id, 'state.json'))
    if (runc !== undefined) {
      const recorded = stringValues(runc['cgroup_paths'])
      const mountinfo = await readFile('/proc/self/mountinfo', 'utf8')
      return { family: 'runc', cgroupPaths: belowHierarchyRoot(recorded, cgroupMounts(mountinfo)) }
    }
    const crun = await readJson(join(root, id, 'status'))
    const path = crun?.['cgroup-path']
    if (typeof path === 'string' && path !== '') {
      const scope = crun?.['scope']
      const selfCgroup = await readFile('/proc/self/cgroup', 'utf8')
      return {
        family: 'crun',
        cgroupPaths: crunCgroupPaths(
          path,
          typeof scope === 'string' ? scope : '',
          selfCgroup,
          (await unifiedOnly()) ? 'unified' : 'other',
        ),
      }
    }
  }
  return undefined
}

export type Shim = Readonly<{
  /** Where the runtime keeps the state of this engine's containers. */
  stateRoot: string
  /** The runtime's program, where containerd was told one. */
  binary: string | undefined
}>

/**
 * What containerd's shim knows of the runtime: the shim is the parent of the container's first process, its working
 * directory is the bundle, and containerd left the runtime's options there. This finds an engine with any
 * `--exec-root` and any `--containerd-namespace`, and the real program behind a runtime's name.
 */
export async function readShim(pid: number): Promise<Shim | undefined> {
  try {
    const parent = /^PPid:\s*(\d+)$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]
    if (parent === undefined || parent === '1') return undefined
    const bundle = await readlink(`/proc/${parent}/cwd`)
    const options = await readJson(join(bundle, 'options.json'))
    const [root, binary] = [options?.['root'], options?.['binary_name']]
    if (typeof root !== 'string' || root === '') return undefined
    return {
      stateRoot: join(root, basename(dirname(bundle))),
      binary: typeof binary === 'string' && binary !== '' ? binary : undefined,
    }
  } catch {
    return undefined
  }
}

/** The state roots of a dockerd's runtimes: `<exec-root>/runtime-<name>/moby`. */
export async function dockerStateRoots(execRoot: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(execRoot)
    return entries.filter((name) => name.startsWith('runtime-')).map((name) => join(execRoot, name, 'moby'))
  } catch {
    return []
  }
}

async function readJson(path: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const parsed: unknown = JSON.parse(await readFile(path, 'utf8'))
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function stringValues(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}
