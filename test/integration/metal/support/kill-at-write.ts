/**
 * Loaded before `anneal metal serve` (`--import`): the process ends by SIGKILL at a boundary of its database. Boundary 2n is right before
 * write n, 2n + 1 right after it. KILL_AT_WRITE says which.
 */
import { StatementSync } from 'node:sqlite'

const wanted = Number(process.env['KILL_AT_WRITE'])
let passed = -1

function boundary(): void {
  passed += 1
  if (passed === wanted) process.kill(process.pid, 'SIGKILL')
}

const { prototype } = StatementSync
const real = Reflect.get(prototype, 'run') as (...values: unknown[]) => unknown
const run = function run(this: StatementSync, ...values: unknown[]): unknown {
  boundary()
  const result = real.apply(this, values)
  boundary()
  return result
}
Reflect.set(prototype, 'run', run)
