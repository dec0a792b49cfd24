import { execFile } from 'node:child_process'
import { raiseSystemd } from './errors.ts'

/** Prints what `systemctl ARGV` prints. Throws SYSTEMD_UNREACHABLE, and SYSTEMD_REFUSED with systemctl's own words. */
export type Systemctl = (argv: readonly string[]) => Promise<string>

/** `action` completes “Cannot ask systemd to …”. systemd reads all units again within the time that is given. */
export function systemctlOf(action: string, timeoutMs = 20_000): Systemctl {
  const options = {
    timeout: timeoutMs,
    maxBuffer: 16 << 20,
    env: { ...process.env, LC_ALL: 'C', SYSTEMD_COLORS: '0', SYSTEMD_PAGER: '' },
  }
  return (argv) =>
    new Promise((resolve, reject) => {
      execFile('systemctl', ['--system', '--no-pager', ...argv], options, (error, stdout, stderr) => {
        if (error === null) return resolve(stdout)
        const reason = stderr.trim() || error.message
        const missing = 'code' in error && error.code === 'ENOENT'
        return reject(
          missing
            ? raiseSystemd('SYSTEMD_UNREACHABLE', { action, state: 'systemctl is not installed' }, error)
            : raiseSystemd('SYSTEMD_REFUSED', { action, reason }, error),
        )
      })
    })
}
