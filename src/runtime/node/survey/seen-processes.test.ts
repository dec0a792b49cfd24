import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAnnealError } from '../../../core/index.ts'
import type { Container, ProcessTable } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import { assertSeen } from './seen-processes.ts'
import { survey } from './survey.ts'

const container = (name: string, pid: number, status = 'running') => ({ name, pid, status }) as Container
const tableOf = (...pids: readonly number[]) =>
  ({ processes: pids.map((pid) => ({ pid })) }) as unknown as ProcessTable

/** A world whose engine and /proc say this from the second look on. */
function worldOf(containers: readonly Container[], table: ProcessTable) {
  return {
    engine: { listContainers: async () => containers, facts: async () => ({ kind: 'docker' }) },
    processes: { table: async () => table },
  } as unknown as Pick<NodeWorld, 'engine' | 'processes'>
}

test('a node is judged where a container’s process is seen, or none runs', async () => {
  const libvirt = container('libvirt', 4711)
  await assertSeen(worldOf([], tableOf()), [libvirt, container('stale', 99)], tableOf(1, 4711))
  await assertSeen(worldOf([], tableOf()), [container('waits', 0, 'restarting')], tableOf(1))
  await assertSeen(worldOf([], tableOf()), [container('over', 4711, 'exited')], tableOf(1))
})

test('where no process of any container is seen, nothing is judged', async () => {
  const all = [container('libvirt', 4711), container('agent', 4712)]
  await assert.rejects(
    assertSeen(worldOf(all, tableOf(1, 2)), all, tableOf(1, 2)),
    (error) =>
      isAnnealError(error, 'PROCESSES_HIDDEN') && /docker .*"libvirt" as process 4711/.test(error.message),
  )
})

test('a container that started or ended between two looks is looked at again', async () => {
  const all = [container('libvirt', 4711)]
  await assertSeen(worldOf(all, tableOf(1, 4711)), all, tableOf(1))
  await assertSeen(worldOf([], tableOf(1)), all, tableOf(1))
})

test('where neither the processes nor systemd can be seen, the error names the processes', async () => {
  const all = [container('libvirt', 4711)]
  const services = async (): Promise<never> => Promise.reject(new Error('Failed to connect to bus'))
  const world = { ...worldOf(all, tableOf(1)), units: { services } } as unknown as NodeWorld
  await assert.rejects(
    survey(world, { stopping: ['libvirt'], cause: 'stop', places: [], helpers: [] }),
    (error) => isAnnealError(error, 'PROCESSES_HIDDEN'),
  )
})
