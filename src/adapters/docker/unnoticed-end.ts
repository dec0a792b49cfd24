import { existsSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DockerInspect } from './container-facts.ts'

const LOOK_MS = 100

/**
 * Whether a container that Docker calls running has ended. containerd tells dockerd of each end once: where that was lost (containerd was
 * down for half a minute, its shim missed the end), Docker does not restart the container, and a start does nothing. Only `docker stop`
 * makes it look. `again` inspects the container anew; what it says last is given back. dockerd has `patienceMs` to learn of the end itself.
 */
export async function lookForEnd(
  inspect: DockerInspect,
  again: () => Promise<DockerInspect | undefined>,
  patienceMs: number,
): Promise<Readonly<{ inspect: DockerInspect | undefined; endUnnoticed: boolean }>> {
  let last: DockerInspect | undefined = inspect
  for (const start = performance.now(); hasNoProcess(last);) {
    if (performance.now() - start > patienceMs)
      // In a pid namespace without the engine's own processes nothing can be said.
      return { inspect: last, endUnnoticed: await seesEngine() }
    await sleep(LOOK_MS)
    last = await again()
    if (last === undefined) break
  }
  return { inspect: last, endUnnoticed: false }
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
