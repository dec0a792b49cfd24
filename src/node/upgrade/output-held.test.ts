import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container } from '../container.ts'
import type { KillSet } from '../kill-set/index.ts'
import type { ProcessTable } from '../process.ts'
import { outputHeld } from './output-held.ts'

const INIT = 100
/** Who holds the output, by pid. */
const holders = [INIT, 7, 8].map((pid) => ({ first: INIT, pid, startTicks: 1 }))

function found(
  changed: Readonly<{ waits?: boolean; endangered?: readonly number[]; hostUnit?: string; first?: number }>,
): readonly string[] {
  const { waits = true, endangered = [], hostUnit, first = INIT } = changed
  const killSet = {
    containerName: 'nova_libvirt',
    doomed: [INIT, 7].map((pid) => ({ pid, startTicks: 1, name: 'x', mechanisms: [], evidence: '' })),
  }
  const container = { name: 'nova_libvirt', pid: INIT, ...(hostUnit && { hostUnit }) }
  const seen = {
    engine: waits ? { waitsForOutput: true as const } : {},
    table: {
      processes: [{ pid: 8, startTicks: 1, exe: '/usr/bin/helper', argv: ['helper'] }],
    } as unknown as ProcessTable,
    containers: [container as unknown as Container],
    killSets: [killSet as unknown as KillSet],
    endangered: endangered.map((pid) => ({ pid })),
  }
  return outputHeld(
    seen,
    holders.map((one) => ({ ...one, first })),
    'plan',
  ).map(({ code, severity, evidence }) => `${code} ${severity} ${evidence.split(' outlives')[0]}`)
}

test('who outlives a container and holds its output refuses the stop', () => {
  assert.deepEqual(found({}), ['OUTPUT_HELD refuse helper (pid 8)'])
})

test('who would be rescued before the stop outlives it', () => {
  assert.deepEqual(found({ endangered: [7] }), [
    'OUTPUT_HELD refuse a process (pid 7)',
    'OUTPUT_HELD refuse helper (pid 8)',
  ])
})

test('the output of another container, a service of the host and an engine that does not wait refuse nothing', () => {
  assert.deepEqual(found({ waits: false }), [])
  assert.deepEqual(found({ first: 101 }), [])
  assert.deepEqual(found({ hostUnit: 'libvirtd.service' }), [])
})
