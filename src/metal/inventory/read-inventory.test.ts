import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { sampleNode } from '../testing/index.ts'
import { differences } from './differences.ts'
import { driverInfo } from './inventory.ts'
import { readInventory } from './read-inventory.ts'

const BMC = { address: '10.0.0.1', username: 'admin', password: { env: 'PW' } }
const NODE = { name: 'node0', driver: 'ipmi', bmc: BMC, ports: ['52:54:00:AB:00:01'] }

describe('an inventory', () => {
  test('may have machines without a BMC, with or without the address that wakes them', () => {
    const byHand = { name: 'node0', driver: 'manual-management', ports: NODE.ports }
    const { nodes } = readInventory({ nodes: [byHand] }, 'f')
    assert.deepEqual(nodes.map(driverInfo), [{}])
    const addressed = { ...byHand, bmc: { address: '10.77.1.255' } }
    assert.deepEqual(readInventory({ nodes: [addressed] }, 'f').nodes.map(driverInfo), [
      { wol_host: '10.77.1.255' },
    ])
  })

  test('is read with its defaults under each node', () => {
    const { nodes } = readInventory(
      {
        defaults: {
          driver: 'ipmi',
          properties: { local_gb: 3, cpu_arch: 'x86_64' },
          bmc: { options: { ipmi_cipher_suite: 3 } },
        },
        nodes: [{ name: 'node0', bmc: BMC, properties: { local_gb: 8 }, ports: ['52:54:00:AB:00:01'] }],
      },
      'f',
    )
    assert.deepEqual(nodes, [
      {
        name: 'node0',
        driver: 'ipmi',
        ports: ['52:54:00:ab:00:01'],
        properties: { local_gb: 8, cpu_arch: 'x86_64' },
        traits: [],
        interfaces: {},
        bmc: {
          address: '10.0.0.1',
          options: { ipmi_cipher_suite: 3 },
          username: { kind: 'plain', value: 'admin' },
          password: { kind: 'env', name: 'PW' },
        },
      },
    ])
  })

  test('names what is to be kept, and the place, as properties, and refuses a kind that is not known', () => {
    const { nodes } = readInventory(
      { nodes: [{ ...NODE, keep: ['label=my data', 'vg=vg0'], place: 'r1/07' }] },
      'f',
    )
    assert.deepEqual(nodes[0]?.properties, { anneal_keep: 'label=my data\nvg=vg0', anneal_place: 'r1/07' })
    assert.throws(
      () => readInventory({ nodes: [{ ...NODE, keep: ['lable=data'] }] }, 'f'),
      (error) => isAnnealError(error, 'INVENTORY_INVALID') && /lable=data/.test(error.message),
    )
  })

  test('takes a node’s own source of a credential instead of the default’s', () => {
    const defaults = { driver: 'ipmi', bmc: { password: { env: 'ALL' } } }
    const nodes = [{ name: 'a', bmc: { address: 'x', password: { file: '/own' } } }]
    assert.deepEqual(readInventory({ defaults, nodes }, 'f').nodes[0]?.bmc?.password, {
      kind: 'file',
      path: '/own',
    })
  })

  test('takes MAC addresses as Linux, switches, Windows and labels write them', () => {
    const ports = ['52:54:00:AB:00:01', '52-54-00-ab-00-02', '5254.00AB.0003', '525400ab0004']
    assert.deepEqual(
      readInventory({ nodes: [{ ...NODE, ports }] }, 'f').nodes[0]?.ports,
      [1, 2, 3, 4].map((one) => `52:54:00:ab:00:0${one}`),
    )
  })

  const bad: readonly (readonly [string, unknown, RegExp])[] = [
    ['without nodes', {}, /the top level.*"nodes"/],
    ['that is a list', [], /not a map/],
    ['with an unknown key', { nodes: [{ ...NODE, rack: 3 }] }, /nodes\[0\].*"rack" is not a key/],
    [
      'with a password written out',
      { nodes: [{ ...NODE, bmc: { ...BMC, password: 'calvin' } }] },
      /nodes\[0\] \(node0\)\.bmc.*written out/,
    ],
    [
      'with a password among the options',
      { nodes: [{ ...NODE, bmc: { ...BMC, options: { ipmi_password: 'x' } } }] },
      /credential/,
    ],
    [
      'with two sources of one password',
      { nodes: [{ ...NODE, bmc: { ...BMC, password: { env: 'A', file: 'B' } } }] },
      /exactly one/,
    ],
    [
      'with another driver',
      { nodes: [{ ...NODE, driver: 'ilo' }] },
      /none of ipmi, redfish, manual-management, fake/,
    ],
    [
      'with a login for a machine without a BMC',
      { nodes: [{ ...NODE, driver: 'manual-management' }] },
      /driver manual-management logs in nowhere/,
    ],
    ['with a BMC that is nowhere', { nodes: [{ name: 'a', driver: 'redfish' }] }, /needs "bmc"/],
    [
      'with ports that are no MAC addresses',
      { nodes: [{ ...NODE, ports: ['node0', '52:54:00:ab:00', '52:54-00:12-34:56'] }] },
      /no MAC address .* in "ports": "node0", "52:54:00:ab:00", "52:54-00:12-34:56"/,
    ],
    ['without a driver', { nodes: [{ name: 'a' }] }, /"driver" is missing; it is one of ipmi/],
    [
      'with a MAC address twice, in two forms',
      { nodes: [NODE, { ...NODE, name: 'b', ports: ['5254.00ab.0001'] }] },
      /in node0 and b/,
    ],
    ['with a name twice', { nodes: [NODE, { ...NODE, ports: [] }] }, /"node0" is there twice/],
    [
      'with a MAC address twice',
      { nodes: [NODE, { ...NODE, name: 'b' }] },
      /52:54:00:ab:00:01" is there twice, in node0 and b/,
    ],
    ['with a name that no URL takes', { nodes: [{ ...NODE, name: 'a/b' }] }, /letters, digits/],
    ['with an interface that Ironic has not', { nodes: [{ ...NODE, interfaces: { warp: 'x' } }] }, /"warp"/],
  ]
  for (const [what, tree, why] of bad) {
    test(`${what} is refused with its place`, () => {
      assert.throws(
        () => readInventory(tree, 'f'),
        (error) => {
          assert.ok(isAnnealError(error, 'INVENTORY_INVALID'), String(error))
          assert.match(error.message, why)
          assert.doesNotMatch(error.message, /calvin/)
          return true
        },
      )
    })
  }
})

describe('an enrolled node', () => {
  const [wanted] = readInventory(
    {
      nodes: [
        {
          ...NODE,
          bmc: { ...BMC, port: 6230 },
          properties: { local_gb: 3 },
          resource_class: 'big',
          interfaces: { boot: 'ipxe' },
        },
      ],
    },
    'f',
  ).nodes
  assert.ok(wanted)

  test('that is as the inventory says does not differ, whatever else is set on it', () => {
    const found = sampleNode({
      resourceClass: 'big',
      bootInterface: 'ipxe',
      driverInfo: { ...driverInfo(wanted), ipmi_password: '******', note: 'of somebody' },
      properties: { local_gb: '3' },
    })
    assert.deepEqual(differences(found, wanted), [])
  })

  test('differs by what the inventory names and no more', () => {
    const found = sampleNode({ driverInfo: { ipmi_address: '10.0.0.9' }, properties: { local_gb: 3 } })
    assert.deepEqual(
      differences(found, wanted).map((one) => one.path),
      ['/resource_class', '/boot_interface', '/driver_info/ipmi_address', '/driver_info/ipmi_port'],
    )
  })
})
