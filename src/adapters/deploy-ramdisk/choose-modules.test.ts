import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ModuleInfo } from '../../formats/elf/index.ts'
import { aliasTable, dependencyTable, isChosen, moduleName, withDependencies } from './choose-modules.ts'

const FILES: Readonly<Record<string, Partial<ModuleInfo>>> = {
  'drivers/net/ethernet/intel/igb/igb.ko.xz': {
    depends: ['dca', 'i2c-algo-bit'],
    aliases: ['pci:v00008086d*'],
  },
  'drivers/dca/dca.ko.xz': {},
  'drivers/i2c/algos/i2c-algo-bit.ko.xz': { depends: ['i2c_core'] },
  'drivers/i2c/i2c-core.ko.xz': { softDepends: ['built-in'] },
  'drivers/net/wireless/iwlwifi.ko.xz': {},
}

function load(path: string): Promise<ModuleInfo> {
  return Promise.resolve({ depends: [], softDepends: [], aliases: [], firmware: [], ...FILES[path] })
}

describe('the modules of the ramdisk', () => {
  test('are those of network cards and disks, with all that they stand on', async () => {
    const modules = await withDependencies(Object.keys(FILES), load)
    assert.deepEqual(
      modules.map(({ name }) => name),
      ['dca', 'i2c_algo_bit', 'i2c_core', 'igb'],
    )
  })

  test('are loaded from the right to the left of modules.dep', async () => {
    const table = dependencyTable(await withDependencies(Object.keys(FILES), load))
    const net = 'kernel/drivers/net/ethernet/intel/igb/igb.ko'
    const line = table.split('\n').find((one) => one.startsWith(`${net}:`)) ?? ''
    const order = line.split(' ').slice(1)
    assert.deepEqual(order.toSorted(), [
      'kernel/drivers/dca/dca.ko',
      'kernel/drivers/i2c/algos/i2c-algo-bit.ko',
      'kernel/drivers/i2c/i2c-core.ko',
    ])
    const at = (name: string): number => order.findIndex((path) => path.includes(name))
    assert.ok(at('i2c-core') > at('i2c-algo-bit'))
  })

  test('are found by the devices that they drive', async () => {
    assert.equal(aliasTable(await withDependencies(Object.keys(FILES), load)), 'alias pci:v00008086d* igb\n')
  })

  test('may depend on each other in a circle', async () => {
    const circle: Readonly<Record<string, readonly string[]>> = {
      'drivers/ata/a.ko': ['b'],
      'drivers/ata/b.ko': ['a'],
    }
    const modules = await withDependencies(Object.keys(circle), (path) =>
      Promise.resolve({ depends: circle[path] ?? [], softDepends: [], aliases: [], firmware: [] }),
    )
    assert.equal(
      dependencyTable(modules),
      'kernel/drivers/ata/a.ko: kernel/drivers/ata/b.ko\nkernel/drivers/ata/b.ko: kernel/drivers/ata/a.ko\n',
    )
  })

  test('are no cards of laptops and no test drivers', () => {
    assert.ok(isChosen('drivers/nvme/host/nvme.ko'))
    assert.ok(!isChosen('drivers/scsi/scsi_debug.ko'))
    assert.ok(!isChosen('drivers/net/ethernet/8390/pcnet_cs.ko'))
    assert.equal(moduleName('drivers/nvme/host/nvme-core.ko.xz'), 'nvme_core')
  })
})
