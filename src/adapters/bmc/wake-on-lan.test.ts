import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { openBmc } from './index.ts'
import { magicPacket } from './wake-on-lan.ts'

const ADDRESS = { kind: 'wakeOnLan', mac: '52:54:00:77:01:0a', broadcast: '10.77.1.255' } as const

test('the magic packet has the address of the card sixteen times', () => {
  const hex = Buffer.from(magicPacket(ADDRESS.mac)).toString('hex')
  assert.equal(hex, 'ff'.repeat(6) + '52540077010a'.repeat(16))
})

test('a machine without a BMC gets an instruction for a person', async () => {
  const bmc = openBmc(ADDRESS)
  assert.equal(await bmc.power(), 'unknown')
  const refused: readonly (readonly [Promise<unknown>, RegExp])[] = [
    [bmc.setPower('off'), /power button/],
    [bmc.setPower('reset'), /power button/],
    [bmc.bootFrom({ from: 'network', lasts: 'once', firmware: 'uefi' }), /boot menu/],
    [bmc.bootFrom({ from: 'disk', lasts: 'always', firmware: 'uefi' }), /boot menu/],
  ]
  for (const [act, remedy] of refused) {
    await assert.rejects(act, (error) => isAnnealError(error, 'BMC_UNABLE') && remedy.test(error.remedy))
  }
})
