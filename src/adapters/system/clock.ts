import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../ports/index.ts'

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await sleep(ms, undefined, signal === undefined ? {} : { signal })
    } catch (error) {
      if ((error as Error).name !== 'AbortError') throw error
    }
  },
}
