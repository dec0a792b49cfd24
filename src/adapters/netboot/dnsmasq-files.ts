import { bootProgramUrl, bootScriptUrl } from '../../conductor/index.ts'
import type { NetbootMachine, NetbootSettings } from '../../conductor/index.ts'
import { BOOT_PROGRAMS } from './boot-programs.ts'
import type { Addresses } from './keep-addresses.ts'
import { dhcpv6 } from './ipv6.ts'
import { formatAddress, readSubnets } from './subnet.ts'

export type ConfigurationPaths = Readonly<{
  hosts: string
  leases: string
  tftp: string
  /** Whom dnsmasq becomes once its ports are open. */
  user: string
}>

/**
 * The configuration of dnsmasq. `known` is the tag of what is in the file of hosts: all others get no answer.
 * `advertised`: a prefix of IPv6 on the interface. `ipv6`: the prefix from which machines boot, over IPv6 alone.
 */
export function dnsmasqConfiguration(
  settings: NetbootSettings,
  paths: ConfigurationPaths,
  advertised: string | undefined,
  ipv6?: string,
): string {
  return lines([
    // No DNS.
    'port=0',
    `interface=${settings.interface}`,
    'bind-interfaces',
    `user=${paths.user}`,
    'log-facility=-',
    'log-dhcp',
    'dhcp-ignore=tag:!known',
    `dhcp-hostsfile=${paths.hosts}`,
    `dhcp-leasefile=${paths.leases}`,
    // Firmware, iPXE and the system each have an identifier of their own: the machine is its network card.
    'dhcp-ignore-clid',
    'enable-tftp',
    // Its own limit is 50. A request beyond it gets no answer, and a transfer that nobody goes on with holds its place for 30 s.
    `tftp-max=${MOST_TRANSFERS}`,
    `tftp-root=${paths.tftp}`,
    ...(ipv6 === undefined ? dhcpv4(settings, advertised) : dhcpv6(settings, ipv6, scriptUrl(settings))),
  ])
}

function dhcpv4(settings: NetbootSettings, advertised: string | undefined): readonly string[] {
  return [
    ...ARCHITECTURE_TAGS,
    ...(settings.mode === 'dhcp' ? fullDhcp(settings) : proxyDhcp(settings)),
    ...(settings.mode === 'dhcp' && advertised !== undefined
      ? routerAdvertisements(settings, advertised)
      : []),
  ]
}

/** By TFTP, at a time. */
const MOST_TRANSFERS = 500

/** Option 175 is iPXE's own; option 93 is the architecture of the firmware (RFC 4578, 2.1; IANA's list of types). */
const ARCHITECTURE_TAGS = [
  'dhcp-match=set:ipxe,175',
  ...BOOT_PROGRAMS.flatMap(({ tag, architectures }) =>
    architectures.map((type) => `dhcp-match=set:${tag},option:client-arch,${type}`),
  ),
]

function fullDhcp(settings: NetbootSettings): readonly string[] {
  const { address, nameServers } = settings
  return [
    ...readSubnets(settings).flatMap(({ first, netmask, gateway }, index) => [
      // dnsmasq takes the range by the address of the relay agent, or else of the interface.
      `dhcp-range=set:subnet${index},${formatAddress(first)},static,${netmask},1h`,
      // An option without a value is not sent.
      `dhcp-option=tag:subnet${index},option:router${gateway === undefined ? '' : `,${gateway}`}`,
    ]),
    'dhcp-authoritative',
    nameServers.length === 0
      ? 'dhcp-option=option:dns-server'
      : `dhcp-option=option:dns-server,${nameServers.join(',')}`,
    // iPXE need not wait for the offer of a proxy.
    'dhcp-option=tag:ipxe,encap:175,176,1b',
    `dhcp-boot=tag:ipxe,${scriptUrl(settings)}`,
    ...BOOT_PROGRAMS.flatMap(({ tag, file, by }) =>
      by === 'tftp'
        ? [`dhcp-boot=tag:!ipxe,tag:${tag},${file},,${address}`]
        : [
            `dhcp-boot=tag:!ipxe,tag:${tag},${bootProgramUrl(settings, file)}`,
            // UEFI takes no other answer (UEFI 2.10, 24.7.3.1).
            `dhcp-option-force=tag:!ipxe,tag:${tag},option:vendor-class,HTTPClient`,
          ],
    ),
  ]
}

function proxyDhcp(settings: NetbootSettings): readonly string[] {
  return [
    ...readSubnets(settings).map(
      ({ first, netmask }) => `dhcp-range=${formatAddress(first)},proxy,${netmask}`,
    ),
    // iPXE takes no script of a proxy that names no next server.
    `dhcp-boot=tag:ipxe,${scriptUrl(settings)},,${settings.address}`,
    ...BOOT_PROGRAMS.flatMap(({ file, services }) =>
      services.map((service) => `pxe-service=tag:!ipxe,${service},"Anneal",${file}`),
    ),
  ]
}

/** netX is the card that iPXE opened last: the one it boots from. */
function scriptUrl(settings: NetbootSettings): string {
  return bootScriptUrl(settings, '${netX/mac}')
}

/**
 * iPXE waits some fifteen seconds for a router of IPv6. This advertises a prefix that the interface has already, and
 * no route.
 */
function routerAdvertisements(settings: NetbootSettings, prefix: string): readonly string[] {
  return ['enable-ra', `dhcp-range=${prefix},ra-only,64,10m`, `ra-param=${settings.interface},10,0`]
}

/** The file of hosts: one line for each machine. `addresses` is empty where another server gives them. */
export function hostsFile(machines: readonly NetbootMachine[], addresses: Addresses): string {
  return lines(
    machines.flatMap(({ uuid, macs, hostname }) => {
      const cards = macs.filter((mac) => /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac))
      const address = addresses[uuid]
      if (cards.length === 0) return []
      return [[...cards, ...(address === undefined ? [] : [address]), ...nameIn(hostname)].join(',')]
    }),
  )
}

/** Words that mean something else in a line of hosts. */
const NO_NAMES = /^(ignore|infinite|deprecated|\d+[smhdw]?)$/i

/** A name that is none for DHCP is not sent: it must not become a setting of dnsmasq. */
function nameIn(hostname: string | undefined): readonly string[] {
  const valid = hostname !== undefined && /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(hostname)
  return valid && !NO_NAMES.test(hostname) ? [hostname] : []
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('')
}
