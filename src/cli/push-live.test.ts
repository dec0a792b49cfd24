import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAnnealError } from '../core/index.ts'
import { pushLive } from './push-live.ts'

type Flags = Parameters<typeof pushLive>[3]

const NONE: Flags = {
  deployment: undefined,
  firmware: undefined,
  'whole-disk': false,
  'keep-fstab': false,
  'disk-format': undefined,
  disk: undefined,
  karg: [],
  'delete-karg': [],
}

for (const [what, flags, destination] of [
  ['--whole-disk', { 'whole-disk': true }, undefined],
  ['--disk-format', { 'disk-format': 'qcow2' }, undefined],
  ['--firmware', { firmware: 'uefi' }, undefined],
  ['a registry', {}, 'oci://registry.example/live:1'],
] as const) {
  test(`a live set is not pushed with ${what}: no cloud is asked`, () => {
    const store = (): never => assert.fail('it was asked')
    const options = { signal: new AbortController().signal }
    assert.throws(
      () => pushLive(store, '/srv/live', destination, { ...NONE, ...flags }, options, {}),
      (error) => isAnnealError(error, 'USAGE'),
    )
  })
}
