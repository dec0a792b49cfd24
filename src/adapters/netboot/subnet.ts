import type { NetbootSettings } from '../../conductor/index.ts'
import { raise } from './errors.ts'

/** A network of IPv4, with addresses as numbers; `text` is how it was given. */
export type Subnet = Readonly<{ text: string; first: number; last: number; netmask: string }>

/** A subnet with what its machines are told. */
export type ServedSubnet = Subnet & Readonly<{ gateway: string | undefined }>

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
  return { text, first: base, last: base + size - 1, netmask: formatAddress(2 ** 32 - size) }
}

/** Whether a machine can have the address: it is neither that of the network nor that of everybody in it. */
export function isIn({ first, last }: Subnet, address: string): boolean {
  const value = parseAddress(address)
  return value !== undefined && value > first && value < last
}

/**
 * The subnets in their order, each with its gateway. Throws NETBOOT_SUBNET where one is none, two overlap, a gateway lies in none of
 * them, one has two, or the machines of one could not reach the conductor.
 */
export function readSubnets(settings: NetbootSettings): readonly ServedSubnet[] {
  const { address, mode, gateways } = settings
  const subnets = settings.subnets.map((text) => readSubnet(text))
  const fail = (subnet: string, why: string, remedy: string): Error =>
    raise('NETBOOT_SUBNET', { subnet, why, remedy })
  for (const [index, one] of subnets.entries()) {
    const other = subnets.slice(0, index).find(({ first, last }) => one.first <= last && first <= one.last)
    if (other !== undefined) {
      throw fail(one.text, `it overlaps ${other.text}`, 'give subnets that have no address in common')
    }
  }
  const lost = gateways.find((gateway) => !subnets.some((subnet) => isIn(subnet, gateway)))
  if (lost !== undefined) {
    throw fail(
      settings.subnets.join(', '),
      `the gateway ${lost} is outside of it`,
      'give a gateway that machines of the subnet reach',
    )
  }
  return subnets.map((subnet) => {
    const [gateway, second] = gateways.filter((one) => isIn(subnet, one))
    if (second !== undefined) {
      throw fail(
        subnet.text,
        `it has the gateways ${gateway} and ${second}`,
        'give one gateway for each subnet',
      )
    }
    if (mode === 'dhcp' && gateway === undefined && !isIn(subnet, address)) {
      throw fail(
        subnet.text,
        `the conductor’s address ${address} is outside of it, and it has no gateway`,
        'give the gateway of the subnet, through which its machines reach the conductor',
      )
    }
    return { ...subnet, gateway }
  })
}

/** An address as a number; undefined where the text is none. */
function parseAddress(text: string): number | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) {
    return undefined
  }
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0)
}

export function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}
