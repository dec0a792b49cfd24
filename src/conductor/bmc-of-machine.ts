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
      return {
        kind: 'ipmi',
        host: needed('ipmi_address'),
        port: portNumber(text('ipmi_port') ?? '623', name),
        username: text('ipmi_username') ?? '',
        password: text('ipmi_password') ?? '',
        cipherSuite: Number(text('ipmi_cipher_suite') ?? 17),
      }
    case 'redfish': {
      const systemPath = text('redfish_system_id')
      return {
        kind: 'redfish',
        url: needed('redfish_address').replace(/\/+$/, ''),
        ...(systemPath === undefined ? {} : { systemPath }),
        username: text('redfish_username') ?? '',
        password: text('redfish_password') ?? '',
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

function portNumber(text: string, machine: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw raise('BMC_UNKNOWN', { machine, why: `ipmi_port is "${text}"` })
}

function verification(text: string | undefined): boolean | string {
  if (text === undefined || /^(true|yes|1)$/i.test(text)) return true
  return /^(false|no|0)$/i.test(text) ? false : text
}
