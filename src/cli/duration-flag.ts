import { parseDurationMs } from '../core/index.ts'
import { raise } from './errors.ts'

/** The milliseconds of a flag such as `--timeout 30m`. Throws USAGE. */
export function durationMs(text: string, flag: string, command: string): number {
  const ms = parseDurationMs(text)
  if (ms !== undefined && ms > 0) return ms
  const why = `--${flag} is "${text}", not a time such as 90s or 30m`
  throw raise('USAGE', { command, why, help: `${command} --help` })
}
