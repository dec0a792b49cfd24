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

/** What the processes below one are called, itself first; empty where it is gone. */
export function processNames(root: number): readonly string[] {
  const all = readProcesses()
  return below(all, root).map((pid) => all.get(pid)?.name ?? '')
}

/** Processor time that a process, what it waited for, and all below it have used so far. */
function treeCpuMs(root: number): number | undefined {
  const all = readProcesses()
  if (!all.has(root)) return undefined
  return below(all, root).reduce((sum, pid) => sum + (all.get(pid)?.ticks ?? 0), 0) * TICK_MS
}

type Process = Readonly<{ parent: number; name: string; ticks: number }>

function readProcesses(): ReadonlyMap<number, Process> {
  const all = new Map<number, Process>()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    const text = statOf(pid)
    const end = text?.lastIndexOf(')') ?? -1
    const rest = text?.slice(end + 2).split(' ')
    if (text === undefined || rest === undefined || rest.length < 15) continue
    // Fields 14 to 17: utime, stime, cutime, cstime.
    const ticks = rest.slice(11, 15).reduce((sum, one) => sum + Number(one), 0)
    all.set(pid, { parent: Number(rest[1]), name: text.slice(text.indexOf('(') + 1, end), ticks })
  }
  return all
}

/** The process and all below it. */
function below(all: ReadonlyMap<number, Process>, root: number): readonly number[] {
  const children = Map.groupBy(all.keys(), (pid) => all.get(pid)?.parent ?? 0)
  const found = all.has(root) ? [root] : []
  for (const pid of found) found.push(...(children.get(pid) ?? []))
  return found
}

function statOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
}
