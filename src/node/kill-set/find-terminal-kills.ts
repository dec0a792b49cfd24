import type { ProcessTable } from '../process.ts'
import type { Doomed } from './kill-set.ts'

/**
 * Those that get SIGHUP because the leader of their session is among `doomed` and has a terminal, as the first process of a container
 * has with `tty: true`: its foreground group (disassociate_ctty in the kernel's drivers/tty/tty_jobctrl.c), wherever its cgroups are.
 * Seen with Docker 26.1 and 28.5, Podman 5.4 and 5.8: who is in a session or a group of its own lives, and who ignores SIGHUP, which
 * /proc/PID/stat does not say: that one counts as ended.
 */
export function findTerminalKills(doomed: readonly Doomed[], table: ProcessTable): readonly Doomed[] {
  const dying = new Set(doomed.map(({ pid }) => pid))
  return table.processes.flatMap(({ pid, startTicks, name, terminal }): Doomed[] => {
    if (terminal === undefined || dying.has(pid) || !dying.has(terminal.session)) return []
    if (terminal.group !== terminal.foreground) return []
    const evidence = `foreground of the terminal of pid ${terminal.session}, which ends`
    return [{ pid, startTicks, name, mechanisms: ['terminal'], evidence }]
  })
}
