import { existsSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DockerInspect } from './container-facts.ts'

const LOOK_MS = 100

/**
 * What Docker says of a container, and where it calls one running that has ended: how it is. containerd tells dockerd of each end once:
 * where that was lost (containerd was down for half a minute, its shim missed the end), Docker does not restart the container, and a
 * start does nothing. Only `docker stop` makes it look. `again` inspects the container anew: dockerd has `patienceMs` to learn of the end itself.
 */
export async function lookForEnd(
  inspect: DockerInspect,
  again: () => Promise<DockerInspect | undefined>,
  patienceMs: number,
): Promise<DockerInspect | undefined> {
  let last: DockerInspect | undefined = inspect
  const start = performance.now()
  while (last !== undefined && hasNoProcess(last)) {
    if (performance.now() - start > patienceMs)
      // In a pid namespace without the engine's own processes nothing can be said.
      return (await seesEngine()) ? ended(last) : last
    await sleep(LOOK_MS)
    last = await again()
  }
  return last
}

/** Nobody knows its exit code. */
function ended(inspect: DockerInspect): DockerInspect {
  const state = { ...inspect.State, Status: 'exited', Pid: 0, ExitCode: undefined }
  return { ...inspect, State: state, endUnnoticed: true }
}

function hasNoProcess({ State: state = {} }: DockerInspect): boolean {
  const isUp = state.Status === 'running' || state.Status === 'paused'
  return isUp && (state.Pid ?? 0) > 0 && !existsSync(`/proc/${state.Pid}`)
}

/** Whether dockerd or a shim of containerd is among the processes that can be seen. */
async function seesEngine(): Promise<boolean> {
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')
    if (/^(dockerd|containerd-shim)/.test(name)) return true
  }
  return false
}
