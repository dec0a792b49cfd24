import assert from 'node:assert/strict'
import { test } from 'node:test'
import { process } from '../testing/processes.ts'
import { findTerminalKills } from './find-terminal-kills.ts'
import type { Doomed } from './kill-set.ts'

const LEADER = 319

test('who is in the foreground of the terminal of a leader that ends gets SIGHUP, and nobody else', () => {
  // As Docker 26.1 and Podman 5.4 had them: in the foreground, in a group of its own, in a session of its own, of another terminal.
  const processes = [
    process('/usr/bin/foreground', [], {
      pid: 325,
      terminal: { session: LEADER, group: LEADER, foreground: LEADER },
    }),
    process('/usr/bin/background', [], {
      pid: 332,
      terminal: { session: LEADER, group: 332, foreground: LEADER },
    }),
    process('/usr/bin/apart', [], { pid: 330 }),
    process('/usr/bin/other', [], { pid: 400, terminal: { session: 390, group: 390, foreground: 390 } }),
  ]
  const doomed: readonly Doomed[] = [
    { pid: LEADER, startTicks: 1, name: 'bash', mechanisms: ['mainProcess'], evidence: '' },
  ]
  const table = { layout: 'unified', hostPidNamespace: 1, processes } as const
  assert.deepEqual(
    findTerminalKills(doomed, table).map(({ pid, mechanisms }) => [pid, mechanisms]),
    [[325, ['terminal']]],
  )
  assert.deepEqual(findTerminalKills([], table), [])
})
