import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MODULAR, MONOLITHIC, hostDaemonName, hostDaemonObstacle, isHostDaemon } from './host-daemon.ts'
import type { DaemonUnit } from './host-daemon.ts'

/** As Debian's package has it. */
const LIBVIRTD: DaemonUnit = {
  loadState: 'loaded',
  killMode: 'process',
  stops: [],
  runtimeDirectories: [],
  preservesRuntimeDirectories: false,
  hasPrivateTmp: false,
}

const WITH_CHILDREN = { hasChildren: true }

test('a daemon whose stop ends its main process alone can be taken over', () => {
  assert.equal(hostDaemonObstacle(LIBVIRTD, WITH_CHILDREN), undefined)
  const kept = { runtimeDirectories: ['libvirt'], preservesRuntimeDirectories: true }
  assert.equal(hostDaemonObstacle({ ...LIBVIRTD, ...kept }, WITH_CHILDREN), undefined)
})

test('a stop that reaches guests or their files is refused with the reason', () => {
  const why = (change: Partial<DaemonUnit>): string =>
    hostDaemonObstacle({ ...LIBVIRTD, ...change }, WITH_CHILDREN) ?? ''
  assert.match(why({ killMode: 'control-group' }), /KillMode=control-group/)
  assert.match(why({ killMode: 'mixed' }), /KillMode=mixed/)
  assert.match(why({ stops: ['/usr/bin/virsh shutdown vm'] }), /ExecStop=/)
  assert.match(why({ runtimeDirectories: ['libvirt'] }), /removes \/run\/libvirt/)
  assert.match(why({ hasPrivateTmp: true }), /\/var\/tmp.*PrivateTmp=/)
  assert.match(why({ loadState: 'bad-setting' }), /"bad-setting"/)
  assert.match(why({ loadState: 'masked' }), /"masked"/)
})

test('a daemon that guests are no children of may end all of its cgroup, and nothing more', () => {
  const alone = { hasChildren: false }
  const inGroup = { ...LIBVIRTD, killMode: 'control-group' }
  assert.equal(hostDaemonObstacle(inGroup, alone), undefined)
  assert.match(hostDaemonObstacle({ ...inGroup, stops: ['/bin/x'] }, alone) ?? '', /ExecStop=/)
})

test('of the modular daemons the one with the driver of QEMU stops last', () => {
  assert.equal(MODULAR.daemons.at(-1)?.service, MODULAR.service)
  assert.equal(MONOLITHIC.daemons.at(-1)?.service, MONOLITHIC.service)
})

test('a daemon of the host has a name that no container can have', () => {
  assert.equal(hostDaemonName('libvirtd.service'), 'systemd:libvirtd.service')
  assert.equal(isHostDaemon('systemd:libvirtd.service'), true)
  assert.equal(isHostDaemon('systemd'), false)
})
