/**
 * libvirt's log of one guest, `qemu/NAME.log`, as far as it says how a guest ended. libvirt appends a line when it starts
 * the guest and one when it is done with it (qemuDomainLogAppendMessage in libvirt's src/qemu/qemu_domain.c); in between
 * QEMU writes who signalled it (qemu_kill_report in QEMU's softmmu/runstate.c). docs/guest-endings.md has what each way
 * of ending leaves there.
 */
export type GuestLife = Readonly<{
  /** Milliseconds since the epoch; undefined where the log begins within this life. */
  startedAt: number | undefined
  /** Signals on which QEMU ended, in order. */
  signals: readonly LoggedSignal[]
  /** What libvirt said when it was done with the guest; undefined while it has not. */
  ended: Readonly<{ at: number; reason: string }> | undefined
}>

export type LoggedSignal = Readonly<{ signal: number; pid: number; program: string }>

const STARTING = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\+0000): starting up\b/
const ENDING = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\+0000): shutting down, reason=(.+)$/
/** QEMU dates its messages unless qemu.conf says `log_timestamp = 0`. */
const SIGNALLED =
  /^(?:\S+Z )?(?:[^\s:]*qemu[^\s:]*|kvm): terminating on signal (\d+)(?: from pid (\d+)(?: \((.*)\))?)?$/

/** The lives that a log tells of, oldest first. */
export function parseGuestLog(text: string): readonly GuestLife[] {
  const lives: { startedAt: number | undefined; signals: LoggedSignal[]; ended: GuestLife['ended'] }[] = []
  const current = (): (typeof lives)[number] => {
    const last = lives.at(-1)
    if (last !== undefined) return last
    const begun = { startedAt: undefined, signals: [], ended: undefined }
    lives.push(begun)
    return begun
  }
  for (const line of text.split('\n')) {
    const starting = STARTING.exec(line)
    if (starting !== null) {
      lives.push({ startedAt: timeOf(starting[1] ?? ''), signals: [], ended: undefined })
      continue
    }
    const ending = ENDING.exec(line)
    if (ending !== null) {
      const life = current()
      life.ended ??= { at: timeOf(ending[1] ?? ''), reason: (ending[2] ?? '').trim() }
      continue
    }
    const signal = SIGNALLED.exec(line)
    if (signal !== null) {
      const [, number, pid, program] = signal
      current().signals.push({ signal: Number(number), pid: Number(pid ?? 0), program: program ?? '' })
    }
  }
  return lives
}

/**
 * The life that ran at `at`, or else the next one, and those after it; none where the log does not tell. QEMU is not yet
 * there in the millisecond in which libvirt says that it starts.
 */
export function livesSince(lives: readonly GuestLife[], at: number): readonly GuestLife[] {
  const index = lives.findLastIndex(({ startedAt }) => startedAt === undefined || startedAt < at)
  const life = lives[index]
  const isOver = life === undefined || (life.ended !== undefined && life.ended.at < at)
  return lives.slice(isOver ? index + 1 : index)
}

function timeOf(text: string): number {
  return Date.parse(text.replace(' ', 'T').replace('+0000', 'Z'))
}
