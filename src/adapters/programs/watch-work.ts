import { readFileSync, readdirSync } from 'node:fs'

/** Of USER_HZ, in which /proc tells processor time (proc(5)): 100 on every architecture that Debian has. */
const TICK_MS = 10
/** Below this share of a processor over a window something waits, and does not work. */
const IDLE_SHARE = 0.005

export type WorkOptions = Readonly<{
  /** The first process; undefined where it did not start. */
  pid: number | undefined
  /** How long they may do nothing, and how much processor time they may use in all. */
  limitMs: number
  /** How often they are looked at. Default: 5 s, and no more than a tenth of the limit. */
  everyMs?: number
}>

/**
 * A deadline for processes that counts their silence and their work, and not the time that a busy machine takes from them: the
 * signal aborts once they used no processor for `limitMs`, or have used one for longer than that. `end` stops the watch.
 */
export function watchWork(options: WorkOptions): Readonly<{ signal: AbortSignal; end: () => void }> {
  const { pid, limitMs } = options
  const controller = new AbortController()
  const isOver = workMeter(limitMs, performance.now())
  const look = (): void => {
    if (isOver(performance.now(), pid === undefined ? undefined : treeCpuMs(pid))) controller.abort()
  }
  const timer = setInterval(look, options.everyMs ?? Math.min(5000, limitMs / 10))
  return { signal: controller.signal, end: () => clearInterval(timer) }
}

/** Told at each look what time it is and how much processor time was used in all (undefined: nobody is there), it says whether that is the end. */
export function workMeter(
  limitMs: number,
  startMs: number,
): (nowMs: number, cpuMs: number | undefined) => boolean {
  let [used, last, seenAt, activeAt] = [0, 0, startMs, startMs]
  return (nowMs, cpuMs) => {
    // A child that its parent does not wait for takes its time along.
    const more = cpuMs === undefined ? 0 : cpuMs >= last ? cpuMs - last : cpuMs
    last = cpuMs ?? last
    used += more
    if (more > (nowMs - seenAt) * IDLE_SHARE) activeAt = nowMs
    seenAt = nowMs
    return used > limitMs || nowMs - activeAt > limitMs
  }
}

/** Processor time that a process, what it waited for, and all below it have used so far. */
function treeCpuMs(root: number): number | undefined {
  const children = new Map<number, number[]>()
  const ticks = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    const text = statOf(pid)
    const rest = text?.slice(text.lastIndexOf(')') + 2).split(' ')
    if (rest === undefined || rest.length < 15) continue
    const parent = Number(rest[1])
    // Fields 14 to 17: utime, stime, cutime, cstime.
    ticks.set(
      pid,
      rest.slice(11, 15).reduce((sum, one) => sum + Number(one), 0),
    )
    children.set(parent, [...(children.get(parent) ?? []), pid])
  }
  if (!ticks.has(root)) return undefined
  let sum = 0
  const open = [root]
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    sum += ticks.get(pid) ?? 0
    open.push(...(children.get(pid) ?? []))
  }
  return sum * TICK_MS
}

function statOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
}
