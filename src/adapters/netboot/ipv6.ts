import { isIPv6 } from 'node:net'
import type { NetbootSettings } from '../../conductor/index.ts'
import { BOOT_PROGRAMS } from './boot-programs.ts'
import { raise } from './errors.ts'

/**
 * Machines that boot over IPv6: one network of this length, without relay agents. `prefix` ends in `::`. undefined: all settings
 * are of IPv4. Throws NETBOOT_IPV6.
 */
export function ipv6Prefix(settings: NetbootSettings): string | undefined {
  const { address, subnets, gateways, nameServers, mode } = settings
  const all = [...subnets, ...gateways, ...nameServers, address]
  if (!all.some((one) => one.includes(':'))) return undefined
  const fail = (why: string, remedy: string): Error => raise('NETBOOT_IPV6', { why, remedy })
  const ofIpv4 = all.find((one) => !one.includes(':'))
  if (ofIpv4 !== undefined) {
    throw fail(
      `"${ofIpv4}" is an address of IPv4, and others are of IPv6`,
      'give addresses of one kind alone',
    )
  }
  if (mode === 'proxy') {
    throw fail('there is no proxyDHCP for IPv6', 'use --dhcp dhcp, or give addresses of IPv4')
  }
  if (gateways.length > 0 || subnets.length > 1) {
    throw fail(
      'machines behind relay agents and gateways are not supported there',
      'give one --subnet and no --gateway',
    )
  }
  const [text = ''] = subnets
  const prefix = /^(.*::)\/64$/.exec(text)?.[1]
  if (prefix === undefined || !isIPv6(prefix) || networkOf(prefix) !== networkOf(address)) {
    throw fail(
      `"${text}" is not the network of ${address}`,
      'give the network as its prefix and 64: fd00:77:0:1::/64',
    )
  }
  return prefix
}

/** UEFI’s PXE; its HTTP boot over IPv6 was not seen to work, and BIOS has no IPv6. */
const PROGRAMS = BOOT_PROGRAMS.filter(({ tag, by }) => by === 'tftp' && tag !== 'bios')

/**
 * The lines of dnsmasq for machines of IPv6. UEFI’s boot program and its network driver ask at the same time, each for an address of
 * its own: dnsmasq has no two for a host with one reserved address, and OVMF then asks without end. So addresses come from a range. A
 * system makes its own out of the prefix that is advertised.
 */
export function dhcpv6(settings: NetbootSettings, prefix: string, scriptUrl: string): readonly string[] {
  const { interface: name, address, nameServers } = settings
  const servers = nameServers.map((one) => `[${one}]`).join(',')
  return [
    'enable-ra',
    // No route: a lifetime of 0.
    `ra-param=${name},10,0`,
    `dhcp-range=${prefix}1:0,${prefix}1:ffff,slaac,64,1h`,
    // Without a value dnsmasq would send it empty, which OVMF does not take.
    ...(nameServers.length === 0 ? [] : [`dhcp-option=option6:dns-server,${servers}`]),
    'dhcp-userclass=set:ipxe,iPXE',
    // Option 61 is the architecture of the firmware (RFC 5970, 3.3). Without the colon it would be a number, which every byte is compared with.
    ...PROGRAMS.flatMap(({ tag, architectures }) =>
      architectures.map(
        (type) => `dhcp-match=set:${tag},option6:61,00:${type.toString(16).padStart(2, '0')}`,
      ),
    ),
    // Option 59 is the address of what to boot (RFC 5970, 3.1).
    `dhcp-option=tag:ipxe,option6:59,${scriptUrl}`,
    ...PROGRAMS.map(
      ({ tag, file }) => `dhcp-option=tag:!ipxe,tag:${tag},option6:59,tftp://[${address}]/${file}`,
    ),
  ]
}

/** The first four groups, each in full. */
function networkOf(address: string): string {
  const [head = '', tail] = address.toLowerCase().split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0')
  const groups = tail === undefined ? left : [...left, ...zeros, ...right]
  return groups
    .slice(0, 4)
    .map((one) => one.padStart(4, '0'))
    .join(':')
}
