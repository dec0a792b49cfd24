import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SEEN, outsideOfSeen } from './kill-rules-seen.ts'

const docker = { kind: 'docker', version: '20.10.24', cgroupDriver: 'cgroupfs' } as const
const runc = (runtimeVersion: string | undefined) => ({ runtimeFamily: 'runc', runtimeVersion }) as const

test('each row of the table is inside of it', () => {
  for (const { engine, engineVersion, driver, runtime, runtimeVersion, layout } of SEEN) {
    const facts = { kind: engine, version: engineVersion, cgroupDriver: driver }
    assert.deepEqual(outsideOfSeen({ runtimeFamily: runtime, runtimeVersion }, facts, layout), [])
  }
})

test('another patch release of a tested version counts as tested, also with a distribution’s suffix', () => {
  assert.deepEqual(outsideOfSeen(runc('1.1.99+ds1'), docker, 'hybrid'), [])
  assert.deepEqual(outsideOfSeen(runc('1.1.5'), { ...docker, version: '20.10.5+dfsg1' }, 'hybrid'), [])
})

test('a runtime newer or older than any that was seen is outside, and so is an engine', () => {
  assert.match(
    outsideOfSeen(runc('9.0.0'), docker, 'hybrid').join(),
    /^runc 9.0.0 on hybrid cgroups is newer than /,
  )
  assert.match(
    outsideOfSeen(runc('0.1.0'), docker, 'hybrid').join(),
    /^runc 0.1.0 on hybrid cgroups is older than /,
  )
  assert.match(
    outsideOfSeen(runc('1.1.5'), { ...docker, version: '99.1' }, 'hybrid').join(),
    /^docker 99.1 is newer/,
  )
})

test('a version that could not be asked is outside; a runtime that has no rules of its own is not told here', () => {
  assert.deepEqual(outsideOfSeen(runc(undefined), docker, 'hybrid'), [
    'the version of runc could not be asked',
  ])
  assert.deepEqual(outsideOfSeen({ runtimeFamily: 'unknown', runtimeVersion: '1.0' }, docker, 'hybrid'), [])
})
