import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  belowHierarchyRoot,
  cgroupMounts,
  crunCgroupPaths,
  dockerCgroup,
  expandSlice,
} from './cgroup-paths.ts'

const HYBRID = `24 1 0:22 / /proc rw - proc proc rw
30 25 0:26 / /sys/fs/cgroup ro - tmpfs tmpfs ro
31 30 0:27 / /sys/fs/cgroup/devices rw,relatime shared:9 - cgroup cgroup rw,devices
32 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
33 30 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
`

test('recorded paths become paths below their hierarchy, as /proc/PID/cgroup has them', () => {
  const recorded = {
    devices: '/sys/fs/cgroup/devices/docker/abc',
    cpu: '/sys/fs/cgroup/cpu,cpuacct/docker/abc',
    'name=systemd': '/sys/fs/cgroup/systemd/docker/abc',
    '': '/sys/fs/cgroup/unified',
  }
  assert.deepEqual(belowHierarchyRoot(recorded, cgroupMounts(HYBRID)), {
    devices: '/docker/abc',
    cpu: '/docker/abc',
    '': '/',
  })
})

test('a mount that shows a part of its hierarchy adds that part', () => {
  const bound = cgroupMounts('1 2 0:3 /docker/node\\0401 /sys/fs/cgroup rw - cgroup2 cgroup rw\n')
  assert.deepEqual(belowHierarchyRoot({ '': '/sys/fs/cgroup/docker/abc' }, bound), {
    '': '/docker/node 1/docker/abc',
  })
})

test("crun's one path stands for the hierarchies it uses", () => {
  const hybrid = '9:name=systemd:/\n4:cpu,cpuacct:/\n0::/\n'
  assert.deepEqual(crunCgroupPaths('/x', '', hybrid, 'other'), {
    'name=systemd': '/x',
    cpu: '/x',
    cpuacct: '/x',
  })
  assert.deepEqual(crunCgroupPaths('/x', '', hybrid, 'unified'), { '': '/x' })
  assert.deepEqual(crunCgroupPaths('x/y', '', '0::/\n', 'unified'), { '': '/x/y' })
  assert.deepEqual(crunCgroupPaths('/m.slice/c.scope/container', 'c.scope', '0::/\n', 'unified'), {
    '': '/m.slice/c.scope',
  })
  assert.deepEqual(crunCgroupPaths('/m.slice/c.scope', 'c.scope', '0::/\n', 'unified'), {
    '': '/m.slice/c.scope',
  })
})

test("Docker's cgroup follows its driver and the container's parent", () => {
  assert.equal(dockerCgroup('abc', 'cgroupfs', ''), '/docker/abc')
  assert.equal(dockerCgroup('abc', 'cgroupfs', '/hostlv/'), '/hostlv/abc')
  assert.equal(dockerCgroup('abc', 'cgroupfs', 'hostlv'), '/hostlv/abc')
  assert.equal(dockerCgroup('abc', 'systemd', ''), '/system.slice/docker-abc.scope')
  assert.equal(
    dockerCgroup('abc', 'systemd', 'a-b-c.slice'),
    '/a.slice/a-b.slice/a-b-c.slice/docker-abc.scope',
  )
  assert.equal(expandSlice('-.slice'), '')
})
