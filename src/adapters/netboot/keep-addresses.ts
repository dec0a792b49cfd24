import type { NetbootMachine } from '../../conductor/index.ts'
import { raise } from './errors.ts'
import { formatAddress, isIn } from './subnet.ts'
import type { Subnet } from './subnet.ts'

/** Address of each machine, by its UUID. */
export type Addresses = Readonly<Record<string, string>>

export type AddressRequest = Readonly<{
  /** At least one. */
  subnets: readonly Subnet[]
  machines: readonly NetbootMachine[]
  /** What machines have already. */
  kept: Addresses
  /** The conductor's own, the gateway's and those of name servers. */
  reserved: readonly string[]
}>

/** What was kept for machines of these subnets: there may have been others before. */
export function withinSubnets(addresses: Addresses, subnets: readonly Subnet[]): Addresses {
  return Object.fromEntries(
    Object.entries(addresses).filter(([, address]) => subnets.some((subnet) => isIn(subnet, address))),
  )
}

/** Where free addresses are looked for first: low ones are usual for routers and servers. */
const SKIPPED = 10

const NO_SUBNET: Subnet = { text: '', first: 0, last: 0, netmask: '' }

/**
 * Gives every machine an address: its own, the one that it has already, or a free one of the first subnet. What a machine has had
 * stays kept, also while the machine is not served. Throws NETBOOT_SUBNET.
 */
export function keepAddresses({ subnets, machines, kept, reserved }: AddressRequest): Addresses {
  const [{ text, first, last } = NO_SUBNET] = subnets
  const all = subnets.map((subnet) => subnet.text).join(', ')
  const fail = (why: string, remedy: string, subnet = all): Error =>
    raise('NETBOOT_SUBNET', { subnet, why, remedy })
  const owners = new Map<string, string>()
  for (const { uuid, address } of machines) {
    if (address === undefined) continue
    if (!subnets.some((subnet) => isIn(subnet, address))) {
      const remedy = 'give the machine an address of the subnet, or none'
      throw fail(`the address ${address} of machine ${uuid} is outside of it`, remedy)
    }
    const owner = owners.get(address) ?? (reserved.includes(address) ? 'the network itself' : undefined)
    if (owner !== undefined) {
      throw fail(
        `machine ${uuid} and ${owner} have the same address ${address}`,
        'give one of them another one',
      )
    }
    owners.set(address, uuid)
  }
  const addresses: Record<string, string> = Object.fromEntries(
    Object.entries(kept).filter(([uuid, address]) => (owners.get(address) ?? uuid) === uuid),
  )
  for (const { uuid, address } of machines) if (address !== undefined) addresses[uuid] = address
  const taken = new Set([...Object.values(addresses), ...reserved])
  let next = Math.min(first + SKIPPED, last - 1)
  const start = next
  for (const { uuid } of machines) {
    if (addresses[uuid] !== undefined) continue
    while (taken.has(formatAddress(next))) {
      next = next + 1 < last ? next + 1 : first + 1
      if (next === start) throw fail('no address of it is free', 'take a larger subnet', text)
    }
    const address = formatAddress(next)
    addresses[uuid] = address
    taken.add(address)
  }
  return addresses
}
