import { DEPLOY_METHODS } from '../../conductor/index.ts'
import type { DriverName, Members } from '../../conductor/index.ts'
import { fixedInterfaces, linksOf } from './node-document.ts'

export const DRIVERS: readonly DriverName[] = ['ipmi', 'redfish', 'manual-management']

/** https://docs.openstack.org/api-ref/baremetal/#show-driver-details */
export function driverDocument(name: DriverName, host: string, url: string): Members {
  const sides = Object.entries(fixedInterfaces(name)).flatMap(([side, only]) => [
    [`default_${side}`, only],
    [`enabled_${side}s`, [only]],
  ])
  return {
    name,
    hosts: [host],
    type: 'dynamic',
    properties: linksOf(url, `drivers/${name}`, 'properties'),
    links: linksOf(url, 'drivers', name),
    ...(Object.fromEntries(sides) as Members),
    default_deploy_interface: DEPLOY_METHODS[0],
    enabled_deploy_interfaces: DEPLOY_METHODS,
  }
}

const AGENT = {
  deploy_kernel:
    'Kernel of ironic-python-agent, for the deploy interface direct: a URL, or a file of the conductor’s machine.',
  deploy_ramdisk: 'Ramdisk of ironic-python-agent, as deploy_kernel.',
}

/** What driver_info of a driver may hold (docs/conductor.md, BMCs), in words. */
export const DRIVER_PROPERTIES: Readonly<Record<DriverName, Readonly<Record<string, string>>>> = {
  ipmi: {
    ipmi_address: 'Address or name of the BMC. Required.',
    ipmi_port: 'UDP port of the BMC; default 623.',
    ipmi_username: 'User of the BMC.',
    ipmi_password: 'Password of the user; kept apart, and never shown.',
    ipmi_cipher_suite: 'Cipher suite of the session; without it 17, then 3.',
    ipmi_priv_level: 'ADMINISTRATOR (default) or OPERATOR.',
    ...AGENT,
  },
  redfish: {
    redfish_address: 'URL of the service; HTTPS where it has no scheme. Required.',
    redfish_system_id: 'Path of the system; needed where the service has more than one.',
    redfish_username: 'User of the service.',
    redfish_password: 'Password of the user; kept apart, and never shown.',
    redfish_auth_type: 'auto (default), basic or session.',
    redfish_verify_ca: 'true (default), false, or a PEM file of authorities.',
    ...AGENT,
  },
  'manual-management': {
    wol_host: 'Where the packet that wakes the machine is sent; default 255.255.255.255.',
    ...AGENT,
  },
}
