import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAnnealError } from '../../../core/index.ts'
import { bootCommand, powerIn } from './ipmi-bmc.ts'
import { ipmiFailure } from './ipmi-failure.ts'
import { ipmitoolCall } from './ipmitool.ts'
import type { IpmiAddress } from './ipmitool.ts'

const ADDRESS: IpmiAddress = {
  kind: 'ipmi',
  host: '10.0.0.7',
  port: 623,
  username: 'admin',
  password: 'secret',
  cipherSuite: 3,
  privilege: 'ADMINISTRATOR',
}

/** What ipmitool 1.8.19 wrote, and what it means. */
const SAID: readonly (readonly [string, string, 'busy' | 'not busy'])[] = [
  ['Get Chassis Power Status failed: Node busy', 'BMC_UNREACHABLE', 'busy'],
  ['Error in open session response message : insufficient resources for session', 'BMC_UNREACHABLE', 'busy'],
  ['IPMI Request Match NOT FOUND\nUnable to get Chassis Power Status', 'BMC_UNREACHABLE', 'busy'],
  ['Unable to set Chassis Power Control to Up/On', 'BMC_UNREACHABLE', 'busy'],
  [
    '> RAKP 2 HMAC is invalid\nError: Unable to establish IPMI v2 / RMCP+ session',
    'BMC_CREDENTIALS',
    'not busy',
  ],
  ['RAKP 2 message indicates an error : unauthorized name', 'BMC_CREDENTIALS', 'not busy'],
  ['lanplus: password is longer than 20 bytes.', 'BMC_CREDENTIALS', 'not busy'],
  [
    'Error in open session response message : invalid authentication algorithm\nError: Unable to establish IPMI v2 / RMCP+ session',
    'BMC_REFUSED',
    'not busy',
  ],
  [
    'Authentication algorithm 0x01 is not what we requested 0x03\nError: Unable to establish IPMI v2 / RMCP+ session',
    'BMC_REFUSED',
    'not busy',
  ],
  [
    'Get Auth Capabilities error\nError: Unable to establish IPMI v2 / RMCP+ session',
    'BMC_UNREACHABLE',
    'not busy',
  ],
  ['Address lookup for no.such.host failed', 'BMC_UNREACHABLE', 'not busy'],
  [
    'Set Chassis Power Control to Reset failed: Command not supported in present state',
    'BMC_REFUSED',
    'not busy',
  ],
]

test('each word of ipmitool has one meaning', () => {
  for (const [stderr, code, busy] of SAID) {
    const noise = 'Loading IANA PEN Registry...\nInvalid completion code received: Invalid command\n'
    const said = { stdout: '', stderr: `${noise}${stderr}\n`, error: new Error('Command failed') }
    const failure = ipmiFailure('switch the machine on', ADDRESS, said)
    assert.ok(isAnnealError(failure.error, code), `${stderr}: ${String(failure.error)}`)
    assert.equal(failure.means === 'busy', busy === 'busy', stderr)
    assert.ok(!failure.error.message.includes('IANA'))
  }
})

test('the power is read from among other lines', () => {
  assert.equal(powerIn('Discovered IPMB address 0x0\nChassis Power is on\n'), 'on')
  assert.equal(powerIn('Chassis Power is off\n'), 'off')
  assert.equal(powerIn('Chassis Power is odd\n'), 'unknown')
})

test('the boot order is one command of ipmitool', () => {
  const words = (...order: Parameters<typeof bootCommand>): string => bootCommand(...order).join(' ')
  assert.equal(words({ from: 'network', lasts: 'once', firmware: 'bios' }), 'chassis bootdev pxe')
  assert.equal(
    words({ from: 'disk', lasts: 'always', firmware: 'uefi' }),
    'chassis bootdev disk options=persistent,efiboot',
  )
})

test('the session asks for the privilege level of the inventory', () => {
  const { argv } = ipmitoolCall({ ...ADDRESS, privilege: 'OPERATOR', cipherSuite: 17 })
  assert.match(argv.join(' '), / -L OPERATOR -C 17$/)
})
