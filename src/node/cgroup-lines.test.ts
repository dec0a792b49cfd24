import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hierarchyName, parseCgroupLines } from './cgroup-lines.ts'

test('a co-mounted hierarchy, a named one and cgroup v2 keep their controllers', () => {
  const lines = parseCgroupLines('4:cpu,cpuacct:/docker/abc\n1:name=systemd:/\n0::/init.scope\n')
  assert.deepEqual(lines, [
    { hierarchy: 4, controllers: ['cpu', 'cpuacct'], path: '/docker/abc' },
    { hierarchy: 1, controllers: ['name=systemd'], path: '/' },
    { hierarchy: 0, controllers: [], path: '/init.scope' },
  ])
  assert.deepEqual(lines.map(hierarchyName), ['cpu,cpuacct', 'name=systemd', 'v2'])
})

test('colons inside a path stay in the path', () => {
  const [line] = parseCgroupLines('0::/system.slice/foo:bar@a:b.service\n')
  assert.equal(line?.path, '/system.slice/foo:bar@a:b.service')
})

test('lines that are not cgroup lines are left out', () => {
  assert.deepEqual(parseCgroupLines('\n:cpu:/x\nx:cpu:/y\n3:cpu\n5:memory:relative\n'), [])
})
