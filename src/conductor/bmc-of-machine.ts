import { IPMI_PRIVILEGES, REDFISH_LOGINS } from './bmc-address.ts'
import type { BmcAddress, Firmware } from './bmc-address.ts'
import { raise } from './errors.ts'
import { nameOf } from './machine.ts'
import type { MachineRecord } from './machine.ts'

/** Names of driver_info that hold credentials, by driver. */
const CREDENTIALS: ReadonlySet<string> = new Set(['ipmi_password', 'redfish_password', 'ipmi_hex_kg_key'])

export function isCredential(name: string): boolean {
  return CREDENTIALS.has(name)
}

/**
 * Where the BMC of a machine is, out of Ironic’s own names of driver_info. Throws BMC_UNKNOWN where something is missing.
 * `mac` is one of the machine’s ports, for a machine without a BMC.
 */
export function bmcOf(
  machine: MachineRecord,
  credentials: Readonly<Record<string, string>>,
  mac: string | undefined,
): BmcAddress {
  const info = { ...machine.driverInfo, ...credentials }
  const name = nameOf(machine)
  const text = (key: string): string | undefined => {
    const value = info[key]
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : undefined
  }
  const needed = (key: string): string => {
    const value = text(key)
    if (value === undefined || value === '') {
      throw raise('BMC_UNKNOWN', { machine: name, why: `driver_info has no ${key}` })
    }
    return value
  }
  switch (machine.driver) {
    case 'ipmi':
      refuseUnknownWays(text, name)
      return {
        kind: 'ipmi',
        host: needed('ipmi_address'),
        port: portNumber(text('ipmi_port') ?? '623', name),
        username: text('ipmi_username') ?? '',
        password: text('ipmi_password') ?? '',
        ...cipherSuiteOf(text('ipmi_cipher_suite'), name),
        privilege: oneOf(
          IPMI_PRIVILEGES,
          'ipmi_priv_level',
          text('ipmi_priv_level') ?? 'ADMINISTRATOR',
          name,
        ),
      }
    case 'redfish': {
      const systemPath = text('redfish_system_id')
      return {
        kind: 'redfish',
        url: redfishUrl(needed('redfish_address')),
        ...(systemPath === undefined ? {} : { systemPath }),
        username: text('redfish_username') ?? '',
        password: text('redfish_password') ?? '',
        login: oneOf(REDFISH_LOGINS, 'redfish_auth_type', text('redfish_auth_type') ?? 'auto', name),
        verify: verification(text('redfish_verify_ca')),
      }
    }
    case 'manual-management':
      if (mac === undefined) {
        throw raise('BMC_UNKNOWN', { machine: name, why: 'it has no port, which could be woken' })
      }
      return { kind: 'wakeOnLan', mac, broadcast: text('wol_host') ?? '255.255.255.255' }
  }
}

/** What the machine boots with: as its capabilities say, else what its ramdisk was started by, else UEFI. */
export function firmwareOf(machine: MachineRecord): Firmware {
  const { capabilities } = machine.properties
  const said =
    typeof capabilities === 'string' ? /(?:^|,)boot_mode:(bios|uefi)(?:,|$)/.exec(capabilities) : null
  return (said?.[1] as Firmware | undefined) ?? machine.report?.firmware ?? 'uefi'
}

/**
 * Settings of Ironic’s ipmi driver that lead to the controller another way. Without them the wrong controller, or none, would
 * answer. ipmitool takes a key for BMCs as an argument alone, where every user of the host can read it.
 */
function refuseUnknownWays(text: (key: string) => string | undefined, machine: string): void {
  const others = [
    ['ipmi_bridging', 'no'],
    ['ipmi_protocol_version', '2.0'],
    ['ipmi_hex_kg_key', ''],
  ] as const
  for (const [key, usual] of others) {
    const value = text(key) ?? usual
    if (value === usual || value === '') continue
    const shown = isCredential(key) ? '' : ` ${value}`
    throw raise('BMC_UNKNOWN', {
      machine,
      why: `driver_info has ${key}${shown}, which the conductor does not support`,
    })
  }
}

function cipherSuiteOf(text: string | undefined, machine: string): Readonly<{ cipherSuite?: number }> {
  if (text === undefined || text === '') return {}
  if (/^\d{1,3}$/.test(text)) return { cipherSuite: Number(text) }
  throw raise('BMC_UNKNOWN', { machine, why: `ipmi_cipher_suite is "${text}"` })
}

function oneOf<const T extends string>(allowed: readonly T[], key: string, text: string, machine: string): T {
  const found = allowed.find((one) => one === text)
  if (found !== undefined) return found
  throw raise('BMC_UNKNOWN', { machine, why: `${key} is "${text}", not one of ${allowed.join(', ')}` })
}

/** As Ironic reads it: without a scheme it is HTTPS. */
function redfishUrl(address: string): string {
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `https://${address}`
  return url.replace(/\/+$/, '')
}

function portNumber(text: string, machine: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw raise('BMC_UNKNOWN', { machine, why: `ipmi_port is "${text}"` })
}

function verification(text: string | undefined): boolean | string {
  // The words that Ironic takes.
  if (text === undefined || /^(true|t|yes|y|on|1)$/i.test(text)) return true
  return /^(false|f|no|n|off|0)$/i.test(text) ? false : text
}
