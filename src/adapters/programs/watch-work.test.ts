import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { watchWork, workMeter } from './watch-work.ts'

/** Looks once a second at what has used so much processor time by then. The second in which it was over; undefined where it was not. */
function over(seconds: number, cpuMs: (second: number) => number | undefined): number | undefined {
  const isOver = workMeter(10_000, 0)
  for (let second = 1; second <= seconds; second++) if (isOver(second * 1000, cpuMs(second))) return second
  return undefined
}

test('a process that works a little may take ten times as long', () => {
  assert.equal(
    over(100, (second) => second * 60),
    undefined,
  )
})

test('a process that does nothing ends after the limit, and one that was never seen as well', () => {
  assert.equal(
    over(20, () => 500),
    12,
    'it worked in the first second',
  )
  assert.equal(
    over(20, () => undefined),
    11,
  )
})

test('a process that works without an end ends once it used that much processor time', () => {
  assert.equal(
    over(20, (second) => second * 1000),
    11,
  )
})

test('the time of a child that nobody waited for is not taken for silence', () => {
  assert.equal(
    over(20, (second) => (second % 2 === 0 ? 100 : 400)),
    undefined,
  )
})

test('the processor time of a process counts that of its children', { timeout: 60_000 }, async () => {
  const loop = 'while :; do :; done'
  const child = spawn('sh', ['-c', `timeout 50 sh -c '${loop}' & wait`], { stdio: 'ignore', detached: true })
  const watch = watchWork({ pid: child.pid, limitMs: 100, everyMs: 20 })
  try {
    await new Promise<void>((resolve) => watch.signal.addEventListener('abort', () => resolve()))
  } finally {
    watch.end()
    process.kill(-(child.pid ?? 0), 'SIGKILL')
  }
})
