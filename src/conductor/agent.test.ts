import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isAnnealError } from '../core/index.ts'
import { parseAgentInventory } from './agent-inventory.ts'
import { isAgentTooOld } from './agent-version.ts'

/** As ironic-python-agent 10.2 says it of a virtual machine, shortened. */
const INVENTORY = {
  interfaces: [
    {
      name: 'ens3',
      mac_address: '52:54:00:77:01:0A',
      has_carrier: true,
      speed_mbps: 1000,
      lldp: [
        [1, '04525400aabbcc'],
        [2, '0565746831'],
        [5, '746f72'],
      ],
    },
    { name: 'ib0', mac_address: 'a0:00:02:20:fe:80:00:00:00:00:00:00', has_carrier: false },
  ],
  cpu: { model_name: 'QEMU', frequency: '', count: 2, architecture: 'x86_64', flags: [], socket_count: 2 },
  disks: [
    {
      name: '/dev/vda',
      model: '',
      size: 5_368_709_120,
      rotational: true,
      wwn: null,
      serial: 'disk-of-node0',
      vendor: '0x1af4',
      hctl: null,
      by_path: '/dev/disk/by-path/pci-0000:00:05.0',
      logical_sectors: '4096',
    },
    { name: '/dev/md/raid', size: 1 },
  ],
  memory: { total: 2_079_379_456, physical_mb: 2048 },
  system_vendor: { product_name: 'Standard PC', serial_number: '', manufacturer: 'QEMU' },
  boot: { current_boot_mode: 'uefi', pxe_interface: '52:54:00:77:01:0a' },
}

describe('the inventory of ironic-python-agent', () => {
  test('becomes a report: what has no MAC address of Ethernet, and no plain name of a disk, is left out', () => {
    assert.deepEqual(parseAgentInventory(INVENTORY), {
      firmware: 'uefi',
      architecture: 'x86_64',
      memoryMib: 2048,
      cpus: 2,
      nics: [
        {
          mac: '52:54:00:77:01:0a',
          lldp: { switchId: '52:54:00:aa:bb:cc', portId: 'eth1', switchName: 'tor' },
          name: 'ens3',
          carrier: true,
          speedMbit: 1000,
        },
      ],
      disks: [
        {
          name: 'vda',
          sizeBytes: 5_368_709_120,
          sectorSizeBytes: 4096,
          rotational: true,
          serial: 'disk-of-node0',
          vendor: '0x1af4',
          byPath: '/dev/disk/by-path/pci-0000:00:05.0',
        },
      ],
    })
  })

  test('may lack what a machine without DMI does not say', () => {
    const { boot: _, ...rest } = INVENTORY
    const report = parseAgentInventory({ ...rest, memory: { total: 2 ** 30, physical_mb: null } })
    assert.deepEqual([report.firmware, report.memoryMib], ['bios', 1024])
  })

  for (const [what, change] of [
    ['nothing', null],
    ['no disks', { ...INVENTORY, disks: {} }],
    ['a disk without a size', { ...INVENTORY, disks: [{ name: '/dev/vda' }] }],
    ['a disk of no size', { ...INVENTORY, disks: [{ name: '/dev/vda', size: -1 }] }],
    ['too many disks', { ...INVENTORY, disks: Array.from({ length: 1001 }, () => ({})) }],
    ['no memory', { ...INVENTORY, memory: { total: '1 GiB' } }],
    ['a half processor', { ...INVENTORY, cpu: { count: 0.5 } }],
  ] as const) {
    test(`with ${what} is refused`, () => {
      const read = (): unknown => parseAgentInventory(change)
      assert.throws(read, (error) => isAnnealError(error, 'AGENT_INVENTORY_INVALID'))
    })
  }
})

test('an agent from before 8.5, or of a version that nobody can read, is too old', () => {
  const versions = ['8.5.0', '10.2.0', '13.0.0.dev7', '8.4.9', '6.4.0', '3', '', 'new', undefined]
  assert.deepEqual(versions.map(isAgentTooOld), [false, false, false, true, true, true, true, true, true])
})
