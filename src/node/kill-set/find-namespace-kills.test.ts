import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container } from '../container.ts'
import { HEALTHY, LIBVIRT } from '../doctor/fixtures/healthy-node.ts'
import type { Process } from '../process.ts'
import { process } from '../testing/processes.ts'
import { findKillSets } from './find-kill-sets.ts'

const CONTAINER: Container = { ...LIBVIRT, pid: 10, pidMode: 'host' }
const [HOST, OUTER, INNER] = [1, 2, 3]
const one = (pid: number, ppid: number, namespace: number, group: string, startTicks = pid): Process => ({
  ...process('/usr/bin/x', [], { pid, ppid, cgroups: [{ hierarchy: 0, controllers: [], path: group }] }),
  startTicks,
  namespaces: { mnt: 9, net: 9, ipc: 9, cgroup: 9, uts: 9, user: 9, pid: namespace } as Process['namespaces'],
})
const IN = `/docker/${CONTAINER.id}`
const OUT = '/machine/guest'

function dying(...processes: readonly Process[]): readonly number[] {
  const table = { layout: 'unified', hostPidNamespace: HOST, processes } as const
  return findKillSets([CONTAINER], [CONTAINER], table, HEALTHY.engine, 'stop').flatMap(({ doomed }) =>
    doomed.map(({ pid }) => pid),
  )
}

test('a guest outside of the container dies with the first process of its pid namespace', () => {
  const wrapper = one(20, 10, OUTER, IN)
  assert.deepEqual(dying(one(10, 1, HOST, IN), wrapper, one(21, 20, OUTER, OUT)), [10, 20, 21])
  // A namespace in that one ends, too.
  assert.deepEqual(
    dying(one(10, 1, HOST, IN), wrapper, one(30, 20, INNER, OUT), one(31, 30, INNER, OUT)),
    [10, 20, 30, 31],
  )
})

test('a guest lives where the first process of its pid namespace does, and others of it die', () => {
  const first = one(20, 10, OUTER, OUT)
  assert.deepEqual(dying(one(10, 1, HOST, IN), first, one(21, 20, OUTER, IN)), [10, 21])
  // Entered from outside, later: it has no parent in the namespace either.
  assert.deepEqual(dying(one(10, 1, HOST, IN), first, one(22, 5, OUTER, IN)), [10, 22])
  assert.deepEqual(dying(one(10, 1, HOST, IN), one(40, 1, HOST, OUT)), [10])
})

test('who entered a namespace from the host dies with the namespace around it', () => {
  // The inner namespace is known first: its member comes before the others.
  const entered = one(15, 5, INNER, OUT, 50)
  assert.deepEqual(
    dying(one(10, 1, HOST, IN), entered, one(20, 10, OUTER, IN), one(30, 20, INNER, OUT)),
    [10, 15, 20, 30],
  )
})
