import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Guest } from '../guests/index.ts'
import type { KillSet } from '../kill-set/index.ts'
import type { ProcessTable } from '../process.ts'
import { switchStops } from './switch-stops.ts'

const guest = {} as Guest

/** What is said of a container with a process of this executable. */
function found(exe: string, guests: readonly Guest[]): readonly string[] {
  const process = { pid: 7, startTicks: 1, exe, argv: [exe] }
  const killSet = {
    containerName: 'compute-vswitchd-0123456789ab',
    doomed: [{ pid: 7, startTicks: 1, name: 'x', mechanisms: [], evidence: '' }],
  }
  const table = { processes: [process] } as unknown as ProcessTable
  return switchStops([killSet as unknown as KillSet], table, { guests }, 'plan').map(
    ({ code, severity, subject, evidence }) => `${code} ${severity} ${subject}: ${evidence.split('.')[0]}`,
  )
}

test('a switch that ends with a container gives a finding with the number of guests', () => {
  for (const exe of ['/usr/lib/openvswitch-switch/ovs-vswitchd', '/usr/sbin/ovs-vswitchd (deleted)'])
    assert.deepEqual(found(exe, [guest, guest]), [
      'SWITCH_STOPS warn compute-vswitchd-0123456789ab: ovs-vswitchd (pid 7) ends with it; 2 guests run',
    ])
  assert.match(found('/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk', [guest])[0] ?? '', /1 guest runs/)
})

test('its data base is no switch: no packet passes through it', () => {
  assert.deepEqual(found('/usr/sbin/ovsdb-server', [guest]), [])
})
