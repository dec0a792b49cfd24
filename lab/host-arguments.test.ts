import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byHandArguments } from './by-hand.ts'
import { V2_INIT, machineIsV2 } from './cgroup-v2.ts'
import { daemonConfiguration, hostArguments, suiteOf } from './host-arguments.ts'
import type { HostSpec } from './host-arguments.ts'

const SPEC: HostSpec = { name: 'node1', init: 'systemd', engine: 'docker', images: [] }

test('a systemd host has a cgroup namespace of its own, a plain host shows the machine its cgroups', () => {
  const systemd = hostArguments(SPEC, [])
  const plain = hostArguments({ ...SPEC, init: 'plain' }, [])
  assert.ok(systemd.join(' ').includes('--cgroupns private'))
  assert.ok(!systemd.includes('plain-init'))
  assert.ok(plain.join(' ').includes('--cgroupns host --volume /sys/fs/cgroup:/sys/fs/cgroup:rw'))
  assert.equal(plain.at(-1), 'plain-init')
})

test('a host with cgroup v2 mounts it first, below a control group of its own', () => {
  const systemd = hostArguments({ ...SPEC, cgroups: 'v2' }, [], V2_INIT)
  assert.ok(systemd.join(' ').includes('--cgroupns private --cgroup-parent /anneal-lab-v2-node1'))
  assert.deepEqual(systemd.slice(-5), [...V2_INIT, '/sbin/init'])
  const plain = hostArguments({ ...SPEC, init: 'plain', cgroups: 'v2' }, [], V2_INIT)
  assert.ok(!plain.includes('/sys/fs/cgroup:/sys/fs/cgroup:rw'))
  assert.deepEqual(plain.slice(-5), [...V2_INIT, 'plain-init'])
})

test('a host whose systemd starts on cgroup v2 alone has that, and one of systemd 252 what the machine has', () => {
  const ownParent = ({ suite, init }: Pick<HostSpec, 'suite' | 'init'>) =>
    hostArguments({ ...SPEC, init, ...(suite === undefined ? {} : { suite }) }, []).includes(
      '--cgroup-parent',
    )
  assert.equal(ownParent({ suite: 'sid', init: 'systemd' }), !machineIsV2())
  assert.equal(ownParent({ suite: 'sid', init: 'plain' }), false)
  assert.equal(ownParent({ suite: 'bookworm', init: 'systemd' }), false)
})

test('a host is made of the image of its suite, bookworm where none is named', () => {
  assert.ok(hostArguments(SPEC, []).includes('localhost/anneal/node:bookworm'))
  assert.ok(hostArguments({ ...SPEC, suite: 'trixie' }, []).includes('localhost/anneal/node:trixie'))
})

test('a suite that the test bed does not know is refused by name', () => {
  assert.equal(suiteOf('forky'), 'forky')
  assert.throws(() => suiteOf('buster'), { code: 'LAB_SUITE_UNKNOWN' })
})

test('live-restore is off unless asked for, as it is where nobody set it', () => {
  assert.equal(daemonConfiguration(SPEC)['live-restore'], false)
  assert.equal(daemonConfiguration({ ...SPEC, liveRestore: true })['live-restore'], true)
})

test('each known fault of a hand-made container leaves out just its part', () => {
  const whole = byHandArguments({ name: 'libvirt', image: 'nova-libvirt' }).join(' ')
  for (const part of ['--pid host', '--cgroupns host', '/sys/fs/cgroup:', '/run/dbus:', '/dev:']) {
    assert.ok(whole.includes(part), part)
  }
  const faulty = byHandArguments({
    name: 'libvirt',
    image: 'nova-libvirt',
    without: ['host pid', 'host cgroup namespace', 'cgroup bind'],
  }).join(' ')
  assert.ok(!faulty.includes('--pid host'))
  assert.ok(faulty.includes('--cgroupns private'))
  assert.ok(!faulty.includes('/sys/fs/cgroup:'))
  assert.ok(faulty.includes('/run/dbus:'))
})
