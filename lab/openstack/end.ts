import { setTimeout as sleep } from 'node:timers/promises'
import { raise } from './errors.ts'
import { namespaceOf, pidsIn } from './network.ts'
import { startTime } from './service.ts'

const ASKED_MS = 3_000
const KILLED_MS = 10_000

/**
 * Ends everything that runs in a lab's namespace, which is everything that the lab ever started, its virtual machines
 * included: no list of pids can be out of date. Throws LAB_PROCESSES_REMAIN.
 */
export async function endAll(name: string): Promise<void> {
  const namespace = namespaceOf(name)
  await signalUntilGone(namespace, 'SIGTERM', ASKED_MS)
  const left = await signalUntilGone(namespace, 'SIGKILL', KILLED_MS)
  if (left.length > 0) throw raise('LAB_PROCESSES_REMAIN', { name, pids: left.map(String) })
}

/** Signals whoever is there (again for those who come later), until nobody is left or the time is over. */
async function signalUntilGone(
  namespace: string,
  signal: NodeJS.Signals,
  forMs: number,
): Promise<readonly number[]> {
  const asked = new Set<number>()
  for (let waited = 0; ; waited += 50) {
    const pids = (await pidsIn(namespace)).filter((pid) => startTime(pid) !== undefined)
    if (pids.length === 0 || waited >= forMs) return pids
    for (const pid of pids.filter((one) => !asked.has(one))) {
      asked.add(pid)
      try {
        process.kill(pid, signal)
      } catch {
        // Gone meanwhile.
      }
    }
    await sleep(50)
  }
}
