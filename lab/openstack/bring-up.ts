import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { placeCloudsFiles } from './clouds-file.ts'
import { dhcpService, placeDhcp } from './dhcp.ts'
import { glanceService, glanceUrl, placeGlance } from './glance.ts'
import {
  apiService,
  conductorService,
  ironicUrl,
  placeDeployRamdisk,
  placeIronic,
  webService,
  webUrl,
} from './ironic.ts'
import type { IronicAuth } from './ironic.ts'
import { identityIn, keystoneService, keystoneUrl, placeKeystone } from './keystone.ts'
import type { CatalogueEntry, Identity } from './keystone.ts'
import { bmcService, describeMachine, placeMachine, placeRedfish, redfishService } from './machine.ts'
import type { Machine, MachineSpec } from './machine.ts'
import { makeNetwork } from './network.ts'
import type { LabNetwork } from './network.ts'
import { neutronService, neutronUrl, placeNeutron } from './neutron.ts'
import { novaServices, novaUrl, placeNova } from './nova.ts'
import { placePlacement, placementService, placementUrl } from './placement.ts'
import { writeSecret } from './prepared.ts'
import { placeRabbit, rabbitService } from './rabbit.ts'
import { placeRegistry, registryAuthority, registryHost, registryService } from './registry.ts'
import { startService } from './service.ts'
import type { Service, ServiceHome } from './service.ts'
import { suiteTree } from './suite-tree.ts'
import type { OpenStackSuite, SuiteTree } from './suite-tree.ts'
import { deployRamdisk } from './systems.ts'

export type OpenStackLabOptions = Readonly<{
  /** Names the lab, its directory and its namespace. Default: one that nobody else has. */
  name?: string
  /** How many virtual machines, or what each of them is made of. Default 1. */
  nodes?: number | readonly Partial<MachineSpec>[]
  /** APIs of Ironic beside each other, on the same nodes. Default: with Keystone, and without any login. */
  ironicAuth?: readonly IronicAuth[]
  /** Ironic wipes disks between deployments, with the deploy ramdisk. Default no. */
  automatedClean?: boolean
  /** Ironic gets its deploy ramdisk, without which it can do `ramdisk` deployments only. Default no: it takes minutes to make. */
  deployRamdisk?: boolean
  /** Nova, Placement, Neutron's API and RabbitMQ beside them; Nova's compute service is Ironic. Default no. */
  nova?: boolean
  /** A registry with HTTPS, which Ironic may fetch images from. Default no. */
  registry?: boolean
  /** The Debian suite whose OpenStack runs, from a tree of its own. Default: what is installed on the machine. */
  suite?: OpenStackSuite
  /** Takes down what is there already. */
  signal?: AbortSignal
}>

/** Base URLs of the services, without a version. `bareMetal` is the one that Keystone's catalogue names. */
export type Endpoints = Readonly<{
  identity: string
  image: string
  bareMetal: string
  bareMetalStandalone?: string
  bareMetalBasic?: string
  compute?: string
  placement?: string
  network?: string
  /** `ADDRESS:PORT`, as in the name of an image. */
  registry?: string
  /** Files in `webRoot` by HTTP, as nodes and Ironic reach them. */
  web: string
}>

/** All that there is to know of a lab: kept as lab.json in its directory. */
export type Description = Readonly<{
  network: LabNetwork
  cloudsFile: string
  secureFile: string
  endpoints: Endpoints
  nodes: readonly Machine[]
  automatedClean: boolean
  ironicAuth: readonly IronicAuth[]
  nova: boolean
  /** The authority of the lab's registry, where it has one. */
  registryAuthority?: string
  suite?: SuiteTree
  /** Seconds from the beginning until each service was ready. */
  readyAfterSeconds: Readonly<Record<string, number>>
}>

/** What decides which services there are. */
type Outline = Pick<Description, 'network' | 'nodes' | 'ironicAuth' | 'nova' | 'registryAuthority' | 'suite'>

/** Makes the network, everybody's configuration, and starts it all. */
export async function bringUp(
  name: string,
  directory: string,
  options: OpenStackLabOptions,
): Promise<Description> {
  const began = performance.now()
  const automatedClean = options.automatedClean ?? false
  const ground = options.suite === undefined ? undefined : await suiteTree(options.suite)
  const network = await makeNetwork(name)
  const outline: Outline = {
    network,
    nodes: machineSpecs(options.nodes ?? 1).map((spec, index) =>
      describeMachine(spec, index, network, directory),
    ),
    ironicAuth: options.ironicAuth ?? ['keystone', 'none'],
    nova: options.nova ?? false,
    ...(options.registry === true
      ? { registryAuthority: registryAuthority(join(directory, 'registry')) }
      : {}),
    ...(ground === undefined ? {} : { suite: ground }),
  }
  const { address } = network
  const inside = (one: string): string => join(directory, one)
  const identity = await placeKeystone(inside('keystone'), address, catalogue(outline), ground)
  const [basicPassword] = await Promise.all([
    placeIronic(inside('ironic'), { address, identity, automatedClean, ground }),
    placeGlance(inside('glance'), address, identity, ground),
    ...(options.registry === true ? [placeRegistry(inside('registry'), address)] : []),
    ...(outline.nova ? [placeCompute(directory, address, identity)] : []),
  ])
  if (options.deployRamdisk === true) placeDeployRamdisk(inside('ironic'), await deployRamdisk(options.suite))
  await placeMachines(directory, outline)
  placeDhcp(inside('dhcp'), network, outline.nodes, inside('ironic'))

  const readyAfterSeconds: Record<string, number> = {}
  const home: ServiceHome = { directory, namespace: network.namespace, ground }
  await Promise.all(
    servicesOf(directory, outline).map(async (service) => {
      await startService(home, service, options.signal)
      readyAfterSeconds[service.name] = Math.round((performance.now() - began) / 100) / 10
    }),
  )
  // All may have been ready before the last look at the signal.
  options.signal?.throwIfAborted()
  const basic = outline.ironicAuth.includes('basic') ? basicPassword : undefined
  return {
    ...outline,
    ...placeCloudsFiles(directory, address, identity, basic),
    endpoints: endpointsOf(outline),
    automatedClean,
    readyAfterSeconds,
  }
}

/** Every service that a lab of this description runs. */
export function servicesOf(directory: string, outline: Outline): readonly Service[] {
  const { network, nodes, ironicAuth, nova } = outline
  const { address } = network
  const inside = (one: string): string => join(directory, one)
  return [
    keystoneService(inside('keystone'), address),
    conductorService(inside('ironic'), address, outline.registryAuthority),
    glanceService(inside('glance'), address, outline.suite),
    ...ironicAuth.map((auth) => apiService(inside('ironic'), address, auth)),
    webService(inside('ironic'), address),
    dhcpService(inside('dhcp')),
    ...(outline.registryAuthority === undefined ? [] : [registryService(inside('registry'), address)]),
    ...nodes.map(bmcService),
    ...(nodes.length === 0 ? [] : [redfishService(directory, nodes)]),
    ...(nova
      ? [
          rabbitService(inside('rabbitmq'), address),
          placementService(inside('placement'), address),
          neutronService(inside('neutron'), address, identityIn(inside('keystone'), address)),
          ...novaServices(inside('nova'), address),
        ]
      : []),
  ]
}

function catalogue({ network: { address }, nova }: Outline): readonly CatalogueEntry[] {
  return [
    { type: 'image', name: 'glance', url: glanceUrl(address) },
    { type: 'baremetal', name: 'ironic', url: ironicUrl(address, 'keystone') },
    ...(nova
      ? [
          { type: 'compute', name: 'nova', url: `${novaUrl(address)}/v2.1` },
          { type: 'placement', name: 'placement', url: placementUrl(address) },
          { type: 'network', name: 'neutron', url: neutronUrl(address) },
        ]
      : []),
  ]
}

function endpointsOf({
  network: { address },
  ironicAuth,
  nova,
  registryAuthority: known,
}: Outline): Endpoints {
  return {
    identity: keystoneUrl(address),
    image: glanceUrl(address),
    bareMetal: ironicUrl(address, 'keystone'),
    ...(ironicAuth.includes('none') ? { bareMetalStandalone: ironicUrl(address, 'none') } : {}),
    ...(ironicAuth.includes('basic') ? { bareMetalBasic: ironicUrl(address, 'basic') } : {}),
    ...(nova
      ? { compute: novaUrl(address), placement: placementUrl(address), network: neutronUrl(address) }
      : {}),
    ...(known === undefined ? {} : { registry: registryHost(address) }),
    web: webUrl(address),
  }
}

async function placeCompute(directory: string, address: string, identity: Identity): Promise<void> {
  const transportUrl = placeRabbit(join(directory, 'rabbitmq'), address)
  const options = { address, identity, transportUrl }
  await Promise.all([
    placePlacement(join(directory, 'placement'), address, identity),
    placeNeutron(join(directory, 'neutron'), options),
    placeNova(join(directory, 'nova'), options),
  ])
}

async function placeMachines(directory: string, { network, nodes }: Outline): Promise<void> {
  // IPMI allows 20 bytes.
  const password = randomBytes(8).toString('hex')
  writeSecret(join(directory, 'bmc-password'), password)
  for (const [index, node] of nodes.entries()) await placeMachine(node, index, network, password)
  placeRedfish(directory, network, nodes)
}

function machineSpecs(nodes: number | readonly Partial<MachineSpec>[]): readonly MachineSpec[] {
  const given = typeof nodes === 'number' ? Array.from({ length: nodes }, () => ({})) : nodes
  return given.map((spec, index) => ({
    name: `node${index}`,
    cpus: 2,
    // The deploy ramdisk needs nearly all of it.
    memoryMiB: 2048,
    // Ironic's Redfish inspection sees no disk below 4 GiB, and takes one off.
    diskGiB: 5,
    firmware: 'bios',
    ...spec,
  }))
}
