import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LIBVIRT } from './doctor/fixtures/healthy-node.ts'
import { forkProblem, startProblem, takesZeroAsOne } from './task-limit.ts'

const PODMAN = { passesZeroTaskLimit: true }
const DOCKER = { passesZeroTaskLimit: false }

const LIMITED = { limit: 1, current: 1, cgroup: '/libpod_parent/libpod-x' }

test('a container whose tasks are at their limit cannot fork', () => {
  assert.match(forkProblem({ ...LIBVIRT, taskLimit: LIMITED }, PODMAN) ?? '', /pids\.max .* is 1/)
  assert.equal(forkProblem({ ...LIBVIRT, taskLimit: { ...LIMITED, limit: 2048 } }, PODMAN), undefined)
  assert.equal(forkProblem(LIBVIRT, DOCKER), undefined)
})

test('a container of a limit of zero cannot fork once runc 1.4 starts it again', () => {
  const stopped = { ...LIBVIRT, status: 'exited', pidsLimit: 0, runtimeVersion: '1.4.0' } as const
  assert.match(forkProblem(stopped, PODMAN) ?? '', /limit of one/)
  assert.equal(forkProblem({ ...stopped, runtimeVersion: '1.3.6' }, PODMAN), undefined)
  assert.equal(forkProblem({ ...stopped, pidsLimit: 4_194_304 }, PODMAN), undefined)
  assert.equal(forkProblem(stopped, DOCKER), undefined, 'Docker leaves a limit of zero out')
  assert.equal(forkProblem({ ...stopped, status: 'running' }, PODMAN), undefined, 'it runs with no limit')
  assert.match(startProblem({ ...stopped, status: 'running' }, PODMAN) ?? '', /limit of one/)
})

test('runc 1.4 and later take zero as one, other runtimes do not', () => {
  const zeroAsOne = (family: string, version?: string) => takesZeroAsOne({ family, version })
  assert.deepEqual(
    [zeroAsOne('runc', '1.3.6'), zeroAsOne('runc', '1.4.3'), zeroAsOne('runc', '2.0.0')],
    [false, true, true],
  )
  assert.deepEqual(
    [zeroAsOne('crun', '1.28'), zeroAsOne('runc'), takesZeroAsOne(undefined)],
    [false, false, false],
  )
})
