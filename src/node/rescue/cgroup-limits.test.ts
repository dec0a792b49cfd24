import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLimitFile, limitsToKeep } from './cgroup-limits.ts'
import type { LimitReading } from './cgroup-limits.ts'

/** `file=value` of what would be kept; readings are ordered outwards. */
const kept = (...readings: readonly LimitReading[]): readonly string[] =>
  limitsToKeep(readings).map(({ file, value }) => `${file}=${value}`)

test('what means "no limit" is not copied', () => {
  const reading = {
    'cpu.shares': '1024',
    'cpu.cfs_period_us': '100000',
    'cpu.cfs_quota_us': '-1',
    'memory.limit_in_bytes': '9223372036854771712',
    'pids.max': 'max',
    'devices.list': 'a *:* rwm',
    'cpu.max': 'max 100000',
    'memory.max': 'max',
    'cpu.weight': '100',
    'io.weight': 'default 100',
    'cpuset.cpus': '',
  }
  assert.deepEqual(kept(reading), [])
})

test('of a bound the tightest of all levels counts', () => {
  assert.deepEqual(kept({ 'memory.limit_in_bytes': '900' }, {}, { 'memory.limit_in_bytes': '800' }), [
    'memory.limit_in_bytes=800',
  ])
  assert.deepEqual(kept({ 'pids.max': 'max' }, { 'pids.max': '4096' }), ['pids.max=4096'])
  assert.deepEqual(kept({ 'cpu.max': '50000 100000' }, { 'cpu.max': '30000 50000' }), [
    'cpu.max=50000 100000',
  ])
  assert.deepEqual(kept({ 'cpu.max': '70000 100000' }, { 'cpu.max': '30000 50000' }), ['cpu.max=30000 50000'])
})

test('a quota of another period is written in terms of the guest’s own', () => {
  const own = { 'cpu.cfs_period_us': '50000', 'cpu.cfs_quota_us': '-1' }
  const container = { 'cpu.cfs_period_us': '100000', 'cpu.cfs_quota_us': '80000' }
  assert.deepEqual(kept(own, container), ['cpu.cfs_period_us=50000', 'cpu.cfs_quota_us=40000'])
})

test('of a list of devices the guest’s own counts', () => {
  assert.deepEqual(kept({ 'devices.list': 'c 1:3 rw\nc 1:5 rw' }, { 'devices.list': 'a *:* rwm' }), [
    'devices.list=c 1:3 rw\nc 1:5 rw',
  ])
})

test('a set that is empty means the one above', () => {
  assert.deepEqual(kept({ 'cpuset.cpus': '' }, { 'cpuset.cpus': '2-3' }), ['cpuset.cpus=2-3'])
  assert.deepEqual(kept({ 'cpuset.cpus': '1' }, { 'cpuset.cpus': '0-3' }), ['cpuset.cpus=1'])
})

test('limits of devices are merged, the inner one first', () => {
  const file = 'blkio.throttle.read_bps_device'
  assert.deepEqual(kept({ [file]: '8:0 100' }, { [file]: '8:0 900\n8:16 700' }), [
    `${file}=8:0 100\n8:16 700`,
  ])
  assert.deepEqual(kept({ 'blkio.bfq.weight_device': 'default 100' }), [])
})

test('a weight that stands on the scope is found above the group below it, and becomes a property', () => {
  const [limit] = limitsToKeep([{ 'cpu.shares': '1024' }, { 'cpu.shares': '512' }])
  assert.deepEqual(limit, { file: 'cpu.shares', value: '512', onScope: true, property: 'CPUShares' })
})

test('memory comes before memory with swap, which may not be the smaller one', () => {
  assert.deepEqual(kept({ 'memory.memsw.limit_in_bytes': '900', 'memory.limit_in_bytes': '800' }), [
    'memory.limit_in_bytes=800',
    'memory.memsw.limit_in_bytes=900',
  ])
})

test('counters and switches that are no limits are not read', () => {
  for (const file of [
    'memory.usage_in_bytes',
    'cpu.stat',
    'cgroup.procs',
    'tasks',
    'memory.max_usage_in_bytes',
  ]) {
    assert.equal(isLimitFile(file), false, file)
  }
})
