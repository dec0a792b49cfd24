import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/**
 * How many times longer than at rest the machine takes for a thing now: programs that want to run, for each core; at
 * least 1. Deadlines are multiplied by it, so that a busy machine is slow and never wrong.
 *
 * Both numbers of /proc/loadavg count: the average lags a minute behind, the number of this moment leaps.
 */
export function machineLoad(
  loadavg: string = readFileSync('/proc/loadavg', 'utf8'),
  cores: number = availableParallelism(),
): number {
  const [average = '0', , , running = '0'] = loadavg.split(' ')
  return Math.ceil(Math.max(1, Number(average) / cores, Number.parseInt(running, 10) / cores))
}
