import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { MachineRecord } from '../../conductor/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { patchNode } from './patch-node.ts'

const MACHINE: MachineRecord = {
  uuid: '00000000-0000-4000-8000-000000000001',
  name: 'one',
  driver: 'ipmi',
  driverInfo: { ipmi_address: '10.0.0.1', ipmi_password: '******' },
  properties: { capabilities: 'boot_mode:uefi' },
  instanceInfo: { image_source: '/a', 'a/b': 1 },
  extra: {},
  traits: [],
  deployInterface: 'stream',
  provisionState: 'available',
  maintenance: false,
  protected: false,
  hasConfigDrive: false,
  createdAt: '',
  updatedAt: '',
}

describe('a JSON patch of a node', () => {
  test('adds, replaces and removes members', () => {
    const changed = patchNode(MACHINE, [
      { op: 'add', path: '/instance_info/image_type', value: 'partition' },
      { op: 'replace', path: '/driver_info/ipmi_address', value: '10.0.0.2' },
      { op: 'remove', path: '/instance_info/a~1b' },
      { op: 'remove', path: '/name' },
      { op: 'add', path: '/deploy_interface', value: 'iscsi' },
      { op: 'replace', path: '/network_interface', value: 'noop' },
    ])
    assert.deepEqual(changed.instanceInfo, { image_source: '/a', image_type: 'partition' })
    assert.equal(changed.driverInfo['ipmi_address'], '10.0.0.2')
    assert.deepEqual([changed.name, changed.deployInterface], [undefined, 'iscsi'])
    assert.equal(MACHINE.instanceInfo['a/b'], 1)
  })

  test('is refused where it changes what is not the client’s, or what is not there', () => {
    const wrong: readonly unknown[] = [
      [{ op: 'replace', path: '/provision_state', value: 'active' }],
      [{ op: 'replace', path: '/uuid', value: 'x' }],
      [{ op: 'remove', path: '/driver' }],
      [{ op: 'add', path: '/driver', value: 'ilo' }],
      [{ op: 'add', path: '/deploy_interface', value: 'anaconda' }],
      [{ op: 'add', path: '/network_interface', value: 'neutron' }],
      [{ op: 'remove', path: '/extra/absent' }],
      [{ op: 'add', path: '/name/below', value: 1 }],
      [{ op: 'move', path: '/extra', from: '/name' }],
      { op: 'add', path: '/extra' },
      'text',
    ]
    for (const steps of wrong) {
      assert.throws(
        () => patchNode(MACHINE, steps),
        (error) => isAnnealError(error, 'REQUEST_INVALID'),
        JSON.stringify(steps),
      )
    }
  })

  test('never ends in another error, nor changes the prototype of a node', () => {
    const path = fc
      .array(fc.constantFrom('driver_info', 'extra', 'name', 'x', '__proto__', 'constructor', '~1'), {
        maxLength: 4,
      })
      .map((parts) => `/${parts.join('/')}`)
    const step = fc.record({
      op: fc.constantFrom('add', 'replace', 'remove', 'test'),
      path: fc.oneof(path, fc.string()),
      value: fc.jsonValue(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 5 }), (steps) => {
        try {
          const changed = patchNode(MACHINE, steps)
          assert.equal(Object.getPrototypeOf(changed.extra), Object.prototype)
        } catch (error) {
          assert.ok(isAnnealError(error, 'REQUEST_INVALID'), String(error))
        }
        assert.equal(({} as Record<string, unknown>)['x'], undefined)
      }),
      { numRuns: 1000 },
    )
  })
})
