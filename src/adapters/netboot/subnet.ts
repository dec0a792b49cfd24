import type { NetbootSettings } from '../../conductor/index.ts'
import { raise } from './errors.ts'

/** Throws NETBOOT_IPV6. */
export function refuseIpv6({ subnet, address, gateway, nameServers }: NetbootSettings): void {
  const given = [
    ['the network', subnet],
    ['the conductor’s address', address],
    ['the gateway', gateway],
    ...nameServers.map((one) => ['the name server', one] as const),
  ] as const
  for (const [what, value] of given) {
    if (value?.includes(':') === true) throw raise('NETBOOT_IPV6', { what, value })
  }
}

/** A network of IPv4, with addresses as numbers. */
export type Subnet = Readonly<{ first: number; last: number; netmask: string }>

/** Smaller networks have no room, larger ones nobody serves from one program. */
const [LONGEST_PREFIX, SHORTEST_PREFIX] = [30, 8]

/** Reads `10.77.1.0/24`. `first` is the network's own address, `last` its broadcast address. Throws NETBOOT_SUBNET. */
export function readSubnet(text: string): Subnet {
  const [, address = '', length = ''] = /^([\d.]+)\/(\d+)$/.exec(text) ?? []
  const base = parseAddress(address)
  const bits = Number(length)
  const bad = base === undefined || bits > LONGEST_PREFIX || bits < SHORTEST_PREFIX || length === ''
  const size = bad ? 0 : 2 ** (32 - bits)
  if (bad || base % size !== 0) {
    const remedy = 'give the network as its first address and the length of its prefix: 10.77.1.0/24'
    throw raise('NETBOOT_SUBNET', { subnet: text, why: 'it is not the address of a network', remedy })
  }
  return { first: base, last: base + size - 1, netmask: formatAddress(2 ** 32 - size) }
}

/** An address as a number; undefined where the text is none. */
export function parseAddress(text: string): number | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) {
    return undefined
  }
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0)
}

export function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}
