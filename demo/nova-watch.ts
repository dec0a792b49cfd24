import { setTimeout as sleep } from 'node:timers/promises'
import { computeServices } from '../lab/index.ts'
import type { Host } from '../lab/index.ts'

export type NovaView = Readonly<{
  /** Samples of Nova's own record, taken while the watch ran. */
  samples: number
  /** Seconds over which the record said "disabled" (as nova-compute does when it meets a libvirt that is gone). */
  disabledSeconds: number
  /** Longest age of the last report: Nova calls a service down at 60 s (service_down_time). */
  longestSilenceSeconds: number
}>

/** Nova's default `service_down_time`. */
export const SERVICE_DOWN_SECONDS = 60

/** Watches what Nova records of the compute service, until `stop` is called. */
export function watchNova(host: Host): Readonly<{ stop: () => Promise<NovaView> }> {
  const stop = new AbortController()
  let samples = 0
  let disabledMs = 0
  let longest = 0
  const loop = (async () => {
    let before = performance.now()
    while (!stop.signal.aborted) {
      const [service] = await computeServices(host).catch(() => [])
      const now = performance.now()
      if (service !== undefined) {
        samples += 1
        if (service.disabled !== 0) disabledMs += now - before
        if (service.last_seen_up !== null) {
          longest = Math.max(
            longest,
            (Date.now() - Date.parse(`${service.last_seen_up.replace(' ', 'T')}Z`)) / 1000,
          )
        }
      }
      before = now
      await sleep(500)
    }
  })()
  return {
    async stop() {
      stop.abort()
      await loop
      return { samples, disabledSeconds: disabledMs / 1000, longestSilenceSeconds: longest }
    },
  }
}
