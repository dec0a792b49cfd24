import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container } from '../container.ts'
import type { KillSet } from '../kill-set/index.ts'
import { census, process, qemu, UUID } from '../testing/processes.ts'
import { networkEnds } from './guest-network.ts'

const namespaces = (net: number) => ({ pid: 1, mnt: 2, net, cgroup: 4, ipc: 5 })

function found(networkMode: string, nets: Readonly<{ init: number; guest: number }>): readonly string[] {
  const host = { ...process('/sbin/init', []), pid: 1, namespaces: namespaces(3) }
  const init = process('/usr/sbin/libvirtd', [], { namespaces: namespaces(nets.init) })
  const guest = qemu(UUID, 'vm', { namespaces: namespaces(nets.guest) })
  const processes = [host, init, guest]
  const container = { id: 'c', name: 'libvirt', pid: init.pid, networkMode } as Container
  const killSets: readonly KillSet[] = [
    { containerId: 'c', containerName: 'libvirt', cause: 'stop', doomed: [] },
  ]
  const table = { layout: 'unified', hostPidNamespace: 1, processes } as const
  const seen = { killSets, containers: [container], census: census(processes), table }
  return (['plan', 'doctor'] as const).flatMap((when) =>
    networkEnds(seen, when).map(({ code, severity, subject }) => `${severity} ${code} ${subject}`),
  )
}

test('a guest in the network namespace of a container that stops refuses a plan', () => {
  const both = ['refuse GUEST_NETWORK_ENDS libvirt', 'warn GUEST_NETWORK_ENDS libvirt']
  assert.deepEqual(found('bridge', { init: 9, guest: 9 }), both)
  assert.deepEqual(found('bridge', { init: 9, guest: 3 }), [])
  assert.deepEqual(found('host', { init: 3, guest: 3 }), [])
})

test('a namespace that stays, or that leads nowhere, refuses nothing', () => {
  for (const mode of ['container:other', 'ns:/run/netns/x', 'none'])
    assert.deepEqual(found(mode, { init: 9, guest: 9 }), [], mode)
})
