import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { inspect } from 'node:util'
import { ConductorLab, isOn, run } from '../../../lab/index.ts'
import type { ConductorMachine } from '../../../lab/index.ts'
import { openBmc } from '../../../src/adapters/bmc/index.ts'
import type { BootOrder } from '../../../src/conductor/index.ts'
import { isAnnealError } from '../../../src/core/index.ts'
import {
  bootFlagsByFreeipmi,
  ipmiAddress,
  powerByFreeipmi,
  redfishAddress,
  startRecordingBmc,
  systemBySushy,
} from './support/bmc-clients.ts'

/** Virtual machines behind ipmi_sim and the Redfish service of the test bed. */
let lab: ConductorLab
let bios: ConductorMachine
let uefi: ConductorMachine

before(async () => {
  lab = await ConductorLab.up({ nodes: [{ firmware: 'bios' }, { firmware: 'uefi' }] })
  const [first, second] = lab.nodes
  assert.ok(first !== undefined && second !== undefined)
  bios = first
  uefi = second
})

after(async () => {
  await lab?.down()
})

/** The call fails with this code, and no word of the error is a secret. */
async function refused(act: Promise<unknown>, code: string, why: RegExp, secrets: readonly string[] = []) {
  await assert.rejects(act, (error) => {
    assert.ok(isAnnealError(error, code), inspect(error))
    assert.match(error.message, why)
    assert.ok(error.remedy.length > 10)
    for (const secret of secrets) assert.ok(!inspect(error, { depth: 9 }).includes(secret))
    return true
  })
}

function pidOf(machine: ConductorMachine): string {
  return readFileSync(join(machine.directory, 'pid'), 'utf8').trim()
}

describe('IPMI', () => {
  test('switches a machine on, resets it and switches it off, as freeipmi sees', async () => {
    const address = ipmiAddress(bios)
    const bmc = openBmc(address)
    assert.equal(await bmc.power(), 'off')
    await refused(bmc.setPower('reset'), 'BMC_REFUSED', /the machine is off/)
    await bmc.setPower('on')
    assert.equal(await bmc.power(), 'on')
    assert.equal(await powerByFreeipmi(address), 'on')
    const started = pidOf(bios)
    await bmc.setPower('on')
    assert.equal(pidOf(bios), started)
    await bmc.setPower('reset')
    assert.notEqual(pidOf(bios), started)
    await bmc.setPower('off')
    await bmc.setPower('off')
    assert.ok(!isOn(bios))
    assert.equal(await powerByFreeipmi(address), 'off')
  })

  test('chooses what the machine boots', async () => {
    const bmc = openBmc(ipmiAddress(bios))
    const device = (): string => readFileSync(join(bios.directory, 'boot'), 'utf8').trim()
    await bmc.bootFrom({ from: 'network', lasts: 'once', firmware: 'bios' })
    assert.equal(device(), 'pxe')
    await bmc.bootFrom({ from: 'disk', lasts: 'always', firmware: 'bios' })
    assert.equal(device(), 'default')
  })

  test('sets boot flags of which freeipmi reads the same', async () => {
    await using bmc = await startRecordingBmc({ busy: 0 })
    const orders: readonly (readonly [BootOrder, string, Readonly<Record<string, string>>])[] = [
      [
        { from: 'network', lasts: 'once', firmware: 'uefi' },
        '00 08 05 a0 04 00 00 00',
        { Boot_Device: 'PXE', BIOS_Boot_Type: 'EFI', Boot_Flags_Persistent: 'No' },
      ],
      [
        { from: 'disk', lasts: 'always', firmware: 'bios' },
        '00 08 05 c0 08 00 00 00',
        { Boot_Device: 'HARD-DRIVE', BIOS_Boot_Type: 'PC-COMPATIBLE', Boot_Flags_Persistent: 'Yes' },
      ],
    ]
    for (const [order, bytes, expected] of orders) {
      await openBmc(bmc.address).bootFrom(order)
      assert.ok(bmc.requests().includes(bytes), bmc.requests().join('\n'))
      const flags = await bootFlagsByFreeipmi(bmc.address)
      assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, flags[name]])), expected)
    }
    assert.ok(bmc.requests().includes('00 08 03 08'), 'the flags are kept for longer than a minute')
  })

  test('asks a busy controller again', async () => {
    await using bmc = await startRecordingBmc({ busy: 2 })
    assert.equal(await openBmc(bmc.address).power(), 'off')
    assert.equal(bmc.requests().filter((one) => one.startsWith('00 01')).length, 3)
  })

  test('gives up at once when nobody wants the answer any more', async () => {
    await using bmc = await startRecordingBmc({ busy: 99 })
    await assert.rejects(openBmc(bmc.address).power(AbortSignal.timeout(1_500)), { name: 'TimeoutError' })
  })

  test('tells a wrong login, a wrong cipher suite and an absent controller apart', async () => {
    const address = ipmiAddress(bios)
    const password = 'wrong-secret-9'
    const secrets = [password, address.password]
    const ask = (changed: object): Promise<unknown> => openBmc({ ...address, ...changed }).power()
    await refused(ask({ password }), 'BMC_CREDENTIALS', /HMAC/, secrets)
    await refused(ask({ username: 'nobody' }), 'BMC_CREDENTIALS', /unauthorized name/, secrets)
    await refused(ask({ password: 'x'.repeat(21) }), 'BMC_CREDENTIALS', /longer than 20/, ['x'.repeat(21)])
    await refused(ask({ cipherSuite: 17 }), 'BMC_REFUSED', /algorithm/, secrets)
    await refused(ask({ port: address.port + 100 }), 'BMC_UNREACHABLE', /does not answer/, secrets)
  })

  test('finds a cipher suite that the controller takes, where none is named', async () => {
    await using bmc = await startRecordingBmc({ busy: 0 })
    const { cipherSuite, ...address } = bmc.address
    assert.equal(cipherSuite, 3)
    assert.equal(await openBmc(address).power(), 'off')
    await refused(openBmc({ ...address, cipherSuite: 17 }).power(), 'BMC_REFUSED', /not what we requested/)
  })

  test('shows the password in no argument of a program', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'anneal-ipmitool-'))
    const path = process.env['PATH'] ?? ''
    try {
      const script = `#!/bin/sh\nprintf '%s\\n' "$@" >>${directory}/argv\nexec /usr/bin/ipmitool "$@"\n`
      writeFileSync(join(directory, 'ipmitool'), script)
      chmodSync(join(directory, 'ipmitool'), 0o755)
      process.env['PATH'] = `${directory}:${path}`
      const address = ipmiAddress(bios)
      assert.equal(await openBmc(address).power(), 'off')
      const argv = readFileSync(join(directory, 'argv'), 'utf8')
      assert.match(argv, /^status$/m)
      assert.ok(!argv.includes(address.password))
      process.env['PATH'] = '/nowhere'
      await refused(openBmc(address).power(), 'BMC_UNABLE', /ipmitool is missing/)
    } finally {
      process.env['PATH'] = path
      rmSync(directory, { recursive: true })
    }
  })
})

describe('Redfish', () => {
  test('switches a machine on, resets it and switches it off, as sushy sees', async () => {
    const bmc = openBmc(redfishAddress(uefi))
    await refused(bmc.setPower('reset'), 'BMC_REFUSED', /the machine is off/)
    await bmc.setPower('on')
    assert.equal(await bmc.power(), 'on')
    assert.equal((await systemBySushy(uefi)).power, 'On')
    const started = pidOf(uefi)
    await bmc.setPower('reset')
    assert.notEqual(pidOf(uefi), started)
    await bmc.setPower('off')
    assert.ok(!isOn(uefi))
    assert.equal((await systemBySushy(uefi)).power, 'Off')
  })

  test('sets boot overrides of which sushy reads the same', async () => {
    const bmc = openBmc(redfishAddress(uefi))
    await bmc.bootFrom({ from: 'network', lasts: 'once', firmware: 'uefi' })
    const first = { power: 'Off', target: 'Pxe', enabled: 'Once', mode: 'UEFI' }
    assert.deepEqual(await systemBySushy(uefi), first)
    await bmc.bootFrom({ from: 'disk', lasts: 'always', firmware: 'uefi' })
    const second = { power: 'Off', target: 'Hdd', enabled: 'Continuous', mode: 'UEFI' }
    assert.deepEqual(await systemBySushy(uefi), second)
    await refused(
      bmc.bootFrom({ from: 'network', lasts: 'once', firmware: 'bios' }),
      'BMC_REFUSED',
      /BootSourceOverrideMode of this machine is UEFI/,
    )
  })

  test('names the systems of a service that has several, where none is chosen', async () => {
    const { systemPath, ...address } = redfishAddress(uefi)
    await refused(openBmc(address).power(), 'BMC_UNABLE', new RegExp(`several systems.*${systemPath}`))
  })

  test('tells a wrong password, an absent service and an unknown system apart', async () => {
    const address = redfishAddress(uefi)
    const secrets = ['wrong-secret-9', address.password]
    const ask = (changed: object): Promise<unknown> => openBmc({ ...address, ...changed }).power()
    await refused(ask({ password: 'wrong-secret-9' }), 'BMC_CREDENTIALS', /401/, secrets)
    await refused(ask({ url: address.url.replace(':8000', ':8001') }), 'BMC_UNREACHABLE', /ECONNREFUSED/)
    await refused(ask({ systemPath: '/redfish/v1/Systems/none' }), 'BMC_REFUSED', /404/)
  })
})

describe('Wake-on-LAN', () => {
  test('sends the packet that wakeonlan sends', async () => {
    const mac = bios.mac
    const socket = createSocket({ type: 'udp4', reuseAddr: true })
    const heard: string[] = []
    socket.on('message', (bytes) => heard.push(bytes.toString('hex')))
    await new Promise<void>((resolve) => socket.bind(9, resolve))
    try {
      const broadcast = '127.255.255.255'
      assert.equal((await run(['wakeonlan', '-i', broadcast, mac])).exitCode, 0)
      await openBmc({ kind: 'wakeOnLan', mac, broadcast }).setPower('on')
      while (heard.length < 4) await new Promise((resolve) => socket.once('message', resolve))
      assert.equal(new Set(heard).size, 1)
      assert.equal(heard[0]?.length, 204)
    } finally {
      socket.close()
    }
  })
})
