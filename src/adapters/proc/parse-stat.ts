import type { Terminal } from '../../node/index.ts'

/** What Anneal needs of /proc/PID/stat (proc(5), `/proc/pid/stat`). */
export type Stat = Readonly<{
  pid: number
  name: string
  state: string
  ppid: number
  startTicks: number
  /** Left out where it has no controlling terminal. */
  terminal?: Terminal
  kernelThread: boolean
}>

/** PF_KTHREAD of the kernel's include/linux/sched.h: field 9, `flags`. */
const PF_KTHREAD = 0x0020_0000

/**
 * `pid (comm) state ppid …`. The comm may hold spaces and parentheses itself, so it ends at the LAST `)`.
 * undefined where the text is not whole: the process went away while it was read.
 */
export function parseStat(text: string): Stat | undefined {
  const open = text.indexOf('(')
  const close = text.lastIndexOf(')')
  if (open < 2 || close < open) return undefined
  const rest = text.slice(close + 2).split(' ')
  const state = rest[0]
  // Fields are numbered from 1 and `rest` begins with field 3.
  const [ppid, group = 0, session = 0, device = 0, foreground = 0, flags] = rest.slice(1, 7).map(Number)
  const startTicks = Number(rest[19] ?? Number.NaN)
  if (state === undefined || ppid === undefined || flags === undefined || Number.isNaN(startTicks))
    return undefined
  return {
    pid: Number(text.slice(0, open - 1)),
    name: text.slice(open + 1, close),
    state,
    ppid,
    startTicks,
    ...(device === 0 ? {} : { terminal: { session, group, foreground } }),
    // `&` works on 32-bit numbers, and flags is an unsigned 32-bit one.
    kernelThread: (flags & PF_KTHREAD) !== 0,
  }
}
