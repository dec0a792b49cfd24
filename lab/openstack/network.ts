import { createHash } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { labDirectory } from '../paths.ts'
import { must, run } from '../run.ts'
import { raise } from './errors.ts'

/**
 * A lab's own network: a namespace with one bridge, on which its services, its virtual machines and one end of a veth
 * pair sit. The other end is in the namespace of whoever brought the lab up, so that tests and a user's shell reach
 * everything by plain addresses. There is no route from the lab to anywhere else.
 */
export type LabNetwork = Readonly<{
  /** Name of the network namespace. */
  namespace: string
  /** Third byte of the addresses: 10.77.<subnet>.0/24. */
  subnet: number
  /** The services' address. */
  address: string
  /** The caller's address in the lab. */
  hostAddress: string
  /** The caller's end of the veth pair. */
  hostInterface: string
}>

const FIRST = 1
const LAST = 250
export const BRIDGE = 'br0'

function labNetwork(name: string, subnet: number): LabNetwork {
  return {
    namespace: namespaceOf(name),
    subnet,
    address: `10.77.${subnet}.1`,
    hostAddress: `10.77.${subnet}.254`,
    hostInterface: `anneal-l${subnet}`,
  }
}

/** Labs of other directories (ANNEAL_LAB) may have the same names; the machine has one list of namespaces. */
export function namespaceOf(name: string): string {
  return `anneal-${name}-${createHash('sha256').update(labDirectory()).digest('hex').slice(0, 6)}`
}

/**
 * Makes the namespace and its network. The kernel's refusal of a second interface of one name is what keeps two labs
 * from taking the same subnet, whoever runs them. Throws LAB_NO_NETWORK, LAB_COMMAND_FAILED.
 */
export async function makeNetwork(name: string): Promise<LabNetwork> {
  const namespace = namespaceOf(name)
  await must('make the network namespace', ['ip', 'netns', 'add', namespace])
  const network = await claimSubnet(name)
  const { address, subnet, hostInterface, hostAddress } = network
  // Router advertisements are for the machines in the lab: they must not give the caller a route.
  const ipv6 = `/proc/sys/net/ipv6/conf/${hostInterface}/disable_ipv6`
  if (existsSync(ipv6)) writeFileSync(ipv6, '1')
  await ipBatch(undefined, [
    `addr add ${hostAddress}/24 dev ${hostInterface}`,
    // Whose it is, for whoever takes the lab down.
    `link set ${hostInterface} alias ${namespace}`,
    `link set ${hostInterface} up`,
  ])
  await ipBatch(namespace, [
    'link set lo up',
    `link add ${BRIDGE} type bridge`,
    `addr add ${address}/24 dev ${BRIDGE}`,
    // iPXE waits some fifteen seconds for a router advertisement where nobody sends one.
    `addr add fd77:0:0:${subnet}::1/64 dev ${BRIDGE} nodad`,
    `link set uplink master ${BRIDGE} up`,
    `link set ${BRIDGE} up`,
  ])
  return network
}

/** A tap device on the bridge, for a virtual machine. */
export async function addTap(network: LabNetwork, tap: string): Promise<void> {
  await ipBatch(network.namespace, [`tuntap add ${tap} mode tap`, `link set ${tap} master ${BRIDGE} up`])
}

/** Pids of all that runs in the namespace. Empty where there is no such namespace. */
export async function pidsIn(namespace: string): Promise<readonly number[]> {
  const result = await run(['ip', 'netns', 'pids', namespace])
  return result.exitCode === 0 ? result.stdout.split('\n').filter(Boolean).map(Number) : []
}

/** Removes the namespace with all devices in it, and the caller's end of its veth pair. */
export async function removeNetwork(name: string): Promise<void> {
  const namespace = namespaceOf(name)
  // First the pair: a namespace is only gone when the kernel's clean-up thread has come round.
  const links = await run(['ip', '-json', 'link', 'show', 'type', 'veth'])
  for (const link of parseLinks(links.stdout)) {
    if (link.ifalias === namespace) await run(['ip', 'link', 'del', link.ifname])
  }
  if (existsSync(`/run/netns/${namespace}`)) {
    await must('remove the network namespace', ['ip', 'netns', 'del', namespace])
  }
}

async function claimSubnet(name: string): Promise<LabNetwork> {
  const taken = await routedSubnets()
  const count = LAST - FIRST + 1
  // Labs of different names begin to look at different places, so that they seldom meet.
  const start = createHash('sha256').update(name).digest().readUInt16BE(0) % count
  for (let step = 0; step < count; step += 1) {
    const subnet = FIRST + ((start + step) % count)
    if (taken.has(subnet)) continue
    const network = labNetwork(name, subnet)
    const pair = ['ip', 'link', 'add', network.hostInterface, 'type', 'veth', 'peer', 'name', 'uplink']
    const made = await run([...pair, 'netns', network.namespace])
    if (made.exitCode === 0) return network
    if (!/File exists/.test(made.stderr))
      await must('make a veth pair', [...pair, 'netns', network.namespace])
  }
  throw raise('LAB_NO_NETWORK', { name })
}

/** Subnets of 10.77.0.0/16 that the caller's routes know already. */
async function routedSubnets(): Promise<ReadonlySet<number>> {
  const routes = (await must('read the routes', ['ip', '-4', 'route', 'show'])).split('\n')
  return new Set(
    routes.flatMap((line) => {
      const subnet = /^(?:\w+ )?10\.77\.(\d+)\./.exec(line)?.[1]
      return subnet === undefined ? [] : [Number(subnet)]
    }),
  )
}

type Link = Readonly<{ ifname: string; ifalias?: string }>

function parseLinks(json: string): readonly Link[] {
  return json.trim() === '' ? [] : (JSON.parse(json) as readonly Link[])
}

async function ipBatch(namespace: string | undefined, lines: readonly string[]): Promise<void> {
  const where = namespace === undefined ? [] : ['-netns', namespace]
  await must('set up the network', ['ip', ...where, '-batch', '-'], { input: `${lines.join('\n')}\n` })
}
