import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAnnealError } from '../../../core/index.ts'
import { checkProperties, describingProperties } from './properties.ts'

test('a property may have any text after the first equals sign', () => {
  assert.deepEqual(checkProperties(['os_type=linux', 'note=a=b c']), { os_type: 'linux', note: 'a=b c' })
})

for (const text of [
  '',
  'x',
  '=x',
  'a b=c',
  'id=1',
  'owner=me',
  'kernel_id=k',
  'kernel_cmdline=quiet',
  'anneal_set=s',
]) {
  test(`"${text}" is refused as a property`, () => {
    assert.throws(
      () => checkProperties([text]),
      (error) => isAnnealError(error, 'PUSH_PROPERTY_INVALID'),
    )
  })
}

test('a property that is given twice with two values is refused', () => {
  assert.throws(
    () => checkProperties(['a=1', 'a=2']),
    (error) => isAnnealError(error, 'PUSH_PROPERTY_INVALID'),
  )
})

test('a whole disk tells the kernel command line of its own entries, and has none that a deployer would use', () => {
  const boot = { commandLine: 'quiet', firmware: 'either' as const, arguments: [], os: {} }
  const source = { name: 'd.raw', format: 'raw', sizeBytes: 1 }
  assert.deepEqual(describingProperties({ base: { holds: 'disk' }, about: { boot, source } }), {
    anneal_kernel_cmdline: 'quiet',
    anneal_source: 'd.raw',
    anneal_holds: 'disk',
  })
})
