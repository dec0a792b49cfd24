import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container, EngineFacts, StopCause } from '../container.ts'
import { HEALTHY, LIBVIRT } from '../doctor/fixtures/healthy-node.ts'
import type { ServiceUnit } from '../owners/index.ts'
import type { CgroupLine, Process } from '../process.ts'
import { kollaUnit } from '../testing/index.ts'
import { UUID, process, qemu } from '../testing/processes.ts'
import { findKillSets } from './find-kill-sets.ts'

const ID = 'ab'.repeat(32)
const NOVA: Container = { ...LIBVIRT, id: ID, name: 'nova_libvirt', pid: 10, labels: {} }
const GROUP = '/system.slice/kolla.service'
const KOLLA = kollaUnit('nova_libvirt', {
  name: 'kolla.service',
  mainPid: 20,
  controlGroup: GROUP,
  killMode: 'control-group',
})

const inUnit = (group = GROUP): CgroupLine[] => [
  { hierarchy: 3, controllers: ['devices'], path: '/' },
  { hierarchy: 1, controllers: ['name=systemd'], path: group },
  { hierarchy: 0, controllers: [], path: group },
]
const client = process('/usr/bin/docker', ['start', '-a', 'nova_libvirt'], { pid: 20, cgroups: inUnit() })
const mount = process('/usr/bin/sshfs', ['host:/', '/var/lib/nova'], { pid: 30, cgroups: inUnit() })

/** Pids that die by the unit. */
function dying(
  of: Readonly<{
    unit?: Partial<ServiceUnit>
    processes?: readonly Process[]
    cause?: StopCause
    engine?: Partial<EngineFacts>
    container?: Partial<Container>
  }> = {},
): readonly number[] {
  const container = { ...NOVA, ...of.container }
  const table = { layout: 'hybrid', hostPidNamespace: 1, processes: of.processes ?? [client, mount] } as const
  const engine = { ...HEALTHY.engine, ...of.engine }
  const units = [{ ...KOLLA, ...of.unit }]
  return findKillSets([container], [container], table, engine, of.cause ?? 'stop', units).flatMap(
    ({ doomed }) => doomed.filter((one) => one.mechanisms.includes('unitCgroup')).map(({ pid }) => pid),
  )
}

test('what is in the cgroup of the unit that waits for the container dies with it, and the one who waits is not counted', () => {
  assert.deepEqual(dying(), [30])
  const guest = qemu(UUID, 'vm', { pid: 31, cgroups: inUnit(`${GROUP}/machine/qemu-1-vm`) })
  assert.deepEqual(dying({ processes: [client, guest] }), [31])
  const onUnifiedAlone: Process = { ...mount, cgroups: inUnit().filter(({ hierarchy }) => hierarchy === 0) }
  assert.deepEqual(dying({ processes: [client, onUnifiedAlone] }), [30])
})

test('nobody dies by a unit that leaves the rest alone, that is not up, or that is of another container', () => {
  assert.deepEqual(dying({ unit: { killMode: 'process' } }), [])
  assert.deepEqual(dying({ unit: { killMode: 'none' } }), [])
  assert.deepEqual(dying({ unit: { activeState: 'inactive' } }), [])
  assert.deepEqual(dying({ container: { name: 'nova_compute', id: 'cd'.repeat(32) } }), [])
  assert.deepEqual(dying({ processes: [mount] }), [], 'it does not wait for its container')
  assert.deepEqual(dying({ processes: [client, { ...mount, cgroups: inUnit(`${GROUP}-2`) }] }), [])
  assert.deepEqual(dying({ container: { pid: 0, status: 'exited' } }), [])
})

test('a unit also ends with its conmon, with the container’s first process and with a script’s client', () => {
  const conmon = process('/usr/bin/conmon', ['--api-version', '1', '-c', ID], { pid: 20 })
  assert.deepEqual(dying({ processes: [conmon, mount] }), [30])
  assert.deepEqual(
    dying({ processes: [process('/usr/sbin/libvirtd', [], { pid: 10 }), mount], unit: { mainPid: 10 } }),
    [30],
  )
  const shell = process('/bin/sh', ['/opt/run'], { pid: 21, cgroups: inUnit() })
  assert.deepEqual(
    dying({ processes: [shell, client, mount], unit: { mainPid: 21, killMode: 'mixed' } }),
    [21, 30],
  )
})

test('a client ends with its daemon, also where the containers live on; Podman has none', () => {
  const cause = 'engineStopped'
  assert.deepEqual(dying({ cause, engine: { hasShim: true, stopsContainersWithDaemon: false } }), [30])
  assert.deepEqual(dying({ cause, engine: { hasShim: false, stopsContainersWithDaemon: false } }), [])
})
