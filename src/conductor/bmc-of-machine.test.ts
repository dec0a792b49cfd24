import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAnnealError } from '../core/index.ts'
import { bmcOf } from './bmc-of-machine.ts'
import type { MachineRecord } from './machine.ts'

type Info = Readonly<Record<string, string | number | boolean>>

function bmcWith(driver: MachineRecord['driver'], driverInfo: Info): ReturnType<typeof bmcOf> {
  const machine = { uuid: 'u', name: 'rack1-07', driver, driverInfo } as unknown as MachineRecord
  return bmcOf(machine, { ipmi_password: 'Pw-1', redfish_password: 'Pw-1' }, undefined)
}

function refuses(driver: MachineRecord['driver'], driverInfo: Info, why: RegExp): void {
  assert.throws(
    () => bmcWith(driver, driverInfo),
    (error) => isAnnealError(error, 'BMC_UNKNOWN') && why.test(error.message),
    JSON.stringify(driverInfo),
  )
}

test('the address of a BMC alone gives the values of Ironic’s ipmi driver', () => {
  assert.deepEqual(bmcWith('ipmi', { ipmi_address: '10.0.0.7', ipmi_username: 'admin' }), {
    kind: 'ipmi',
    host: '10.0.0.7',
    port: 623,
    username: 'admin',
    password: 'Pw-1',
    privilege: 'ADMINISTRATOR',
  })
})

test('settings of Ironic’s ipmi driver count, or are refused by name', () => {
  const address = { ipmi_address: '10.0.0.7' }
  const changed = { ipmi_priv_level: 'OPERATOR', ipmi_cipher_suite: 3, ipmi_port: '6230' }
  const bmc = bmcWith('ipmi', { ...address, ...changed })
  assert.ok(bmc.kind === 'ipmi')
  assert.deepEqual([bmc.privilege, bmc.cipherSuite, bmc.port], ['OPERATOR', 3, 6230])
  const usual = { ipmi_bridging: 'no', ipmi_protocol_version: '2.0' }
  assert.equal(bmcWith('ipmi', { ...address, ...usual }).kind, 'ipmi')
  refuses('ipmi', { ...address, ipmi_bridging: 'single' }, /ipmi_bridging single/)
  refuses('ipmi', { ...address, ipmi_protocol_version: '1.5' }, /ipmi_protocol_version 1\.5/)
  refuses('ipmi', { ...address, ipmi_hex_kg_key: 'A1B2' }, /ipmi_hex_kg_key, which/)
  refuses('ipmi', { ...address, ipmi_priv_level: 'operator' }, /not one of CALLBACK, USER, OPERATOR/)
  refuses('ipmi', { ...address, ipmi_cipher_suite: 'best' }, /ipmi_cipher_suite is "best"/)
})

test('the address of a Redfish service is HTTPS where it has no scheme', () => {
  const url = (address: string): string => {
    const bmc = bmcWith('redfish', { redfish_address: address })
    assert.ok(bmc.kind === 'redfish')
    return bmc.url
  }
  assert.equal(url('10.0.0.7'), 'https://10.0.0.7')
  assert.equal(url('bmc.example:8443/'), 'https://bmc.example:8443')
  assert.equal(url('[fd00::7]'), 'https://[fd00::7]')
  assert.equal(url('http://10.0.0.7:8000/'), 'http://10.0.0.7:8000')
})

test('how to log in to Redfish, and what to trust, are Ironic’s words', () => {
  const of = (more: Info) => {
    const bmc = bmcWith('redfish', { redfish_address: '10.0.0.7', ...more })
    assert.ok(bmc.kind === 'redfish')
    return bmc
  }
  assert.deepEqual([of({}).login, of({}).verify], ['auto', true])
  assert.equal(of({ redfish_auth_type: 'session' }).login, 'session')
  refuses(
    'redfish',
    { redfish_address: '10.0.0.7', redfish_auth_type: 'token' },
    /redfish_auth_type is "token"/,
  )
  for (const no of ['off', 'False', 'n', 'f', '0']) assert.equal(of({ redfish_verify_ca: no }).verify, false)
  for (const yes of ['on', 'true', 'y', 't', '1']) assert.equal(of({ redfish_verify_ca: yes }).verify, true)
  assert.equal(of({ redfish_verify_ca: '/etc/ca.pem' }).verify, '/etc/ca.pem')
})
