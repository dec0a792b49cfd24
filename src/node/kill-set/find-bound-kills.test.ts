import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container, StopCause } from '../container.ts'
import { HEALTHY, LIBVIRT } from '../doctor/fixtures/healthy-node.ts'
import { disarmedUnit } from '../owners/index.ts'
import type { ServiceUnit } from '../owners/index.ts'
import type { Process } from '../process.ts'
import { process } from '../testing/processes.ts'
import { findKillSets } from './find-kill-sets.ts'

const container = (name: string, pid: number): Container => ({
  ...LIBVIRT,
  id: `${pid}`.repeat(16).slice(0, 64),
  name,
  pid,
  labels: {},
})
const NOVA = container('nova_libvirt', 10)
const LOGS = container('virtlogd', 11)
const unit = (name: string, more: Partial<ServiceUnit> = {}): ServiceUnit => ({
  name,
  activeState: 'active',
  fileState: 'enabled',
  restart: 'no',
  wantedBy: [],
  triggeredBy: [],
  starts: [],
  stops: [],
  scripts: [],
  source: '',
  controlGroup: `/system.slice/${name}`,
  killMode: 'control-group',
  ...more,
})
const inside = (name: string, pid: number, argv: readonly string[] = []): Process =>
  process(argv[0] ?? '/usr/bin/sleep', argv.slice(1), {
    pid,
    cgroups: [{ hierarchy: 0, controllers: [], path: `/system.slice/${name}` }],
  })

const OWNER = unit('kolla.service', { restart: 'always', mainPid: 20 })
const CLIENT = inside('kolla.service', 20, ['/usr/bin/docker', 'start', '-a', 'nova_libvirt'])
const HELPER = inside('helper.service', 30)

function dying(
  units: readonly ServiceUnit[],
  processes: readonly Process[] = [CLIENT, HELPER],
  cause: StopCause = 'stop',
): readonly number[] {
  const table = { layout: 'unified', hostPidNamespace: 1, processes } as const
  const engine = { ...HEALTHY.engine, stopsContainersWithDaemon: false }
  return findKillSets([NOVA], [NOVA, LOGS], table, engine, cause, units).flatMap(({ doomed }) =>
    doomed.map(({ pid }) => pid),
  )
}

test('what is bound to the unit of a container dies with it, and what is bound to that', () => {
  const owner = { ...OWNER, restart: 'no', stopsWithIt: ['helper.service'] }
  assert.deepEqual(dying([owner, unit('helper.service')]), [30])
  assert.deepEqual(dying([owner, unit('helper.service', { activeState: 'inactive' })]), [])
  const chain = unit('agent.service', { restartsWithIt: ['helper.service'] })
  assert.deepEqual(dying([{ ...owner, stopsWithIt: ['agent.service'] }, chain, unit('helper.service')]), [30])
})

test('a unit that requires that of a container dies where this is started again, and not where it stays down', () => {
  const owner = { ...OWNER, restartsWithIt: ['helper.service'] }
  assert.deepEqual(dying([owner, unit('helper.service')]), [30])
  assert.deepEqual(dying([{ ...owner, restart: 'no' }, unit('helper.service')]), [])
})

test('systemd signals the main process of a unit that it stops, whatever else it leaves alone', () => {
  const owner = { ...OWNER, stopsWithIt: ['helper.service'] }
  const bound = unit('helper.service', { killMode: 'process', mainPid: 30 })
  assert.deepEqual(dying([owner, bound], [CLIENT, HELPER, inside('helper.service', 31)]), [30])
  const { killMode, ...slice } = unit('helper.slice')
  assert.equal(killMode, 'control-group')
  assert.deepEqual(
    dying(
      [{ ...OWNER, stopsWithIt: ['helper.slice'] }, slice],
      [CLIENT, inside('helper.slice/vm.scope', 32)],
    ),
    [32],
  )
})

test('a container whose unit is stopped with that of another one stops, and takes along whom it kills', () => {
  const owner = { ...OWNER, stopsWithIt: ['logs.service'] }
  const logs = unit('logs.service', { mainPid: 40 })
  const processes = [
    CLIENT,
    inside('logs.service', 40, ['/usr/bin/docker', 'start', '-a', 'virtlogd']),
    inside(`docker-${LOGS.id}.scope`, 50),
  ]
  assert.deepEqual(dying([owner, logs], processes), [40, 50])
  assert.deepEqual(dying([{ ...owner, stopsWithIt: [] }, logs], processes), [])
})

test('live-restore saves no container whose unit requires the engine’s', () => {
  const guest = inside(`docker-${NOVA.id}.scope`, 60)
  const stopped = (owner: ServiceUnit) => dying([owner], [CLIENT, guest], 'engineStopped')
  assert.deepEqual(stopped({ ...OWNER, stoppedWith: ['docker.service', 'system.slice'] }), [60])
  assert.deepEqual(stopped({ ...OWNER, stoppedWith: ['sysinit.target', 'system.slice'] }), [])
  assert.deepEqual(stopped({ ...OWNER, activeState: 'inactive', stoppedWith: ['docker.service'] }), [])
})

test('a unit with StopWhenUnneeded dies once no unit that is up needs it', () => {
  const owner = { ...OWNER, restart: 'no', needs: ['helper.service'] }
  const helper = unit('helper.service', { stopsUnneeded: true, neededBy: ['kolla.service', 'other.service'] })
  assert.deepEqual(dying([owner, helper]), [30])
  assert.deepEqual(dying([owner, helper, unit('other.service', { activeState: 'inactive' })]), [30])
  assert.deepEqual(dying([owner, helper, unit('other.service')]), [])
  assert.deepEqual(dying([{ ...owner, restart: 'always' }, helper]), [], 'its unit comes back')
  assert.deepEqual(dying([owner, unit('helper.service', { neededBy: ['kolla.service'] })]), [])
  const chain = unit('agent.service', { stopsUnneeded: true, neededBy: ['kolla.service'] })
  const last = unit('helper.service', { stopsUnneeded: true, neededBy: ['agent.service'] })
  assert.deepEqual(dying([owner, chain, last]), [30])
  assert.deepEqual(
    dying([disarmedUnit({ ...owner, restart: 'always' }), helper]),
    [30],
    'a disarmed unit ends, too',
  )
})
