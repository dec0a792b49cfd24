import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kollaUnit } from '../testing/index.ts'
import { unitGraceMs } from './unit-grace.ts'

const CONTAINER = { id: 'f'.repeat(64), name: 'nova_compute' }

const grace = (stop: string): number | undefined =>
  unitGraceMs([kollaUnit('nova_ssh'), kollaUnit('nova_compute', { stops: [stop] })], CONTAINER)

test('how long a stop waits is read from the unit of the container, however it is written', () => {
  for (const stop of [
    '/usr/bin/docker stop nova_compute -t 60',
    '/usr/bin/docker stop -t 60 nova_compute',
    '/usr/bin/docker stop -t60 nova_compute',
    '/usr/bin/podman stop --time=60 nova_compute',
    '/usr/bin/docker container stop --timeout 60 nova_compute',
  ])
    assert.equal(grace(stop), 60_000, stop)
})

test('a unit that says nothing, stops another container or belongs to another one gives no time', () => {
  assert.equal(grace('/usr/bin/docker stop nova_compute'), undefined)
  assert.equal(grace('/usr/bin/docker stop -t 60 nova_ssh'), undefined)
  assert.equal(grace('/bin/sh -c "exit 0" -t 60'), undefined)
  assert.equal(unitGraceMs([kollaUnit('nova_ssh')], CONTAINER), undefined)
  assert.equal(unitGraceMs([], CONTAINER), undefined)
})
