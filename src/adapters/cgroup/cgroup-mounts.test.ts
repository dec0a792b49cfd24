import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMountInfo } from '../proc/index.ts'
import { cgroupMounts } from './cgroup-mounts.ts'

const V1 = `31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
33 31 0:30 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
34 31 0:31 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
99 90 0:29 /docker/x /var/lib/docker/overlay2/y/merged/sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
`

test('a hierarchy is found by all of its controllers, and below the cgroup root alone', () => {
  const mounts = cgroupMounts(parseMountInfo(V1), '/sys/fs/cgroup')
  const cpu = { hierarchy: 4, controllers: ['cpuacct', 'cpu'] }
  assert.equal(mounts.directory(cpu, '/a/b'), '/sys/fs/cgroup/cpu,cpuacct/a/b')
  assert.equal(mounts.directory(cpu, '/'), '/sys/fs/cgroup/cpu,cpuacct')
  assert.equal(
    mounts.directory({ hierarchy: 1, controllers: ['name=systemd'] }, '/x'),
    '/sys/fs/cgroup/systemd/x',
  )
  assert.equal(mounts.directory({ hierarchy: 0, controllers: [] }, '/x'), '/sys/fs/cgroup/unified/x')
  assert.equal(mounts.directory({ hierarchy: 9, controllers: ['rdma'] }, '/x'), undefined)
})

test('a mount that shows only a part of its hierarchy leads nowhere else', () => {
  const mounts = cgroupMounts(
    parseMountInfo('32 31 0:29 /docker/x /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n'),
    '/sys/fs/cgroup',
  )
  const cpu = { hierarchy: 1, controllers: ['cpu'] }
  assert.equal(mounts.directory(cpu, '/docker/x/machine'), '/sys/fs/cgroup/cpu/machine')
  assert.equal(mounts.directory(cpu, '/machine'), undefined)
  assert.equal(mounts.directory(cpu, '/docker/xy'), undefined)
})

test('what lies outside of the cgroup namespace has no directory', () => {
  assert.equal(
    cgroupMounts(parseMountInfo(V1), '/sys/fs/cgroup').directory(
      { hierarchy: 0, controllers: [] },
      '/../../docker/x',
    ),
    undefined,
  )
})

test('a unified host has its hierarchy at the root', () => {
  const mounts = cgroupMounts(
    parseMountInfo('30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n'),
    '/sys/fs/cgroup',
  )
  assert.equal(mounts.unified, '/sys/fs/cgroup')
  assert.equal(
    mounts.directory({ hierarchy: 0, controllers: [] }, '/machine.slice'),
    '/sys/fs/cgroup/machine.slice',
  )
})
