import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NO_LIMIT, pidsLimit } from './pids-limit.ts'

const runc = (version: string) => ({ family: 'runc', version }) as const

test('no limit is the greatest number the kernel takes, whatever the runtime', () => {
  for (const runtime of [
    runc('1.1.5'),
    runc('1.4.3'),
    { family: 'crun', version: '1.8.1' } as const,
    undefined,
  ]) {
    for (const wanted of [undefined, 0, -1]) {
      assert.deepEqual(pidsLimit(wanted, { controller: 'present', runtime }), { limit: NO_LIMIT })
    }
  }
})

test('a limit that the release asks for is given as it is', () => {
  assert.deepEqual(pidsLimit(77, { controller: 'present', runtime: runc('1.4.3') }), { limit: 77 })
})

test('without the controller a limit of zero is passed over, and runc 1.4 is given none', () => {
  assert.deepEqual(pidsLimit(undefined, { controller: 'absent', runtime: runc('1.3.6') }), { limit: 0 })
  assert.equal(pidsLimit(undefined, { controller: 'absent', runtime: runc('1.4.0') }), undefined)
})
