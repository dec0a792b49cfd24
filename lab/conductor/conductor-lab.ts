import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { raise } from '../openstack/errors.ts'
import {
  bmcService,
  describeMachine,
  placeMachine,
  placeRedfish,
  redfishService,
} from '../openstack/machine.ts'
import type { Machine, MachineSpec } from '../openstack/machine.ts'
import { BRIDGE, makeNetwork } from '../openstack/network.ts'
import type { LabNetwork } from '../openstack/network.ts'
import { checkedName, COMING_UP, directoryOf, labNames, removeLab } from '../openstack/openstack-lab.ts'
import { writeSecret } from '../openstack/prepared.ts'
import { servicePid, startService, stopService } from '../openstack/service.ts'
import type { Service, ServiceHome } from '../openstack/service.ts'
import { ensureConductorPackages } from '../packages.ts'
import { placeInventory } from './inventory-file.ts'

/** By which of its two endpoints a machine is enrolled. */
export type Driver = 'ipmi' | 'redfish'

export type ConductorMachine = Machine & Readonly<{ driver: Driver }>

export type ConductorLabOptions = Readonly<{
  /** Names the lab, its directory and its namespace. Default: one that nobody else has. */
  name?: string
  /** How many machines, or what each is made of. Default: two, see `defaultMachines`. */
  nodes?: number | readonly Partial<MachineSpec & { driver: Driver }>[]
  signal?: AbortSignal
}>

/** All that there is to know of it: kept as conductor.json in its directory. */
type Description = Readonly<{
  network: LabNetwork
  nodes: readonly ConductorMachine[]
  inventoryFile: string
}>

const FILE = 'conductor.json'

/** Machines with BMCs on a network of their own, for Anneal's own conductor: no service of OpenStack is there. */
export class ConductorLab {
  readonly name: string
  readonly description: Description

  private constructor(name: string, description: Description) {
    this.name = name
    this.description = description
  }

  /** Throws as OpenStackLab.up. What a failed attempt has started is taken down again. */
  static async up(options: ConductorLabOptions = {}): Promise<ConductorLab> {
    const name = checkedName(options.name ?? `c${randomBytes(4).toString('hex')}`)
    await ensureConductorPackages()
    const directory = directoryOf(name)
    if (existsSync(directory)) throw raise('LAB_OPENSTACK_EXISTS', { name, where: directory })
    for (const one of ['tmp', 'log']) mkdirSync(join(directory, one), { recursive: true, mode: 0o700 })
    writeFileSync(join(directory, COMING_UP), String(process.pid))
    try {
      const description = await bringUp(name, directory, options)
      writeFileSync(join(directory, FILE), JSON.stringify(description, undefined, 2))
      rmSync(join(directory, COMING_UP))
      return new ConductorLab(name, description)
    } catch (error) {
      await removeLab(name, { keepLogs: true })
      throw error
    }
  }

  static list(): readonly ConductorLab[] {
    return labNames().flatMap((name) => {
      const path = join(directoryOf(name), FILE)
      if (!existsSync(path)) return []
      return [new ConductorLab(name, JSON.parse(readFileSync(path, 'utf8')) as Description)]
    })
  }

  get directory(): string {
    return directoryOf(this.name)
  }

  get nodes(): readonly ConductorMachine[] {
    return this.description.nodes
  }

  /** Of the network that the machines boot from, in the lab's namespace. */
  get interface(): string {
    return BRIDGE
  }

  /** Pid of each service; undefined where it does not run. */
  services(): Readonly<Record<string, number | undefined>> {
    const home = homeOf(this.directory, this.description.network)
    return Object.fromEntries(
      servicesOf(this.directory, this.nodes).map(({ name }) => [name, servicePid(home, name)]),
    )
  }

  /** Ends one service: `abruptly` as `kill -9` does. */
  async stopService(name: string, manner: 'orderly' | 'abruptly' = 'orderly'): Promise<void> {
    await stopService(homeOf(this.directory, this.description.network), name, manner)
  }

  /** Ends every process, and removes network and directory. */
  async down(): Promise<void> {
    await removeLab(this.name)
  }
}

async function bringUp(name: string, directory: string, options: ConductorLabOptions): Promise<Description> {
  const network = await makeNetwork(name)
  const nodes = machineSpecs(options.nodes ?? 2).map(({ driver, ...spec }, index) => ({
    ...describeMachine(spec, index, network, directory),
    driver,
  }))
  // IPMI allows 20 bytes.
  const password = randomBytes(8).toString('hex')
  writeSecret(join(directory, 'bmc-password'), password)
  for (const [index, node] of nodes.entries()) await placeMachine(node, index, network, password)
  placeRedfish(directory, network, nodes)
  const home = homeOf(directory, network)
  await Promise.all(
    servicesOf(directory, nodes).map((service) => startService(home, service, options.signal)),
  )
  return { network, nodes, inventoryFile: placeInventory(directory, nodes) }
}

function homeOf(directory: string, { namespace }: LabNetwork): ServiceHome {
  return { directory, namespace, ground: undefined }
}

function servicesOf(directory: string, nodes: readonly ConductorMachine[]): readonly Service[] {
  return [...nodes.map(bmcService), ...(nodes.length === 0 ? [] : [redfishService(directory, nodes)])]
}

/** One after the other: BIOS by IPMI, UEFI by Redfish, BIOS by Redfish, UEFI by IPMI. */
function machineSpecs(
  nodes: Exclude<ConductorLabOptions['nodes'], undefined>,
): readonly (MachineSpec & { driver: Driver })[] {
  const given = typeof nodes === 'number' ? Array.from({ length: nodes }, () => ({})) : nodes
  return given.map((spec, index) => ({
    name: `node${index}`,
    cpus: 2,
    memoryMiB: 1024,
    diskGiB: 5,
    firmware: index % 2 === 0 ? 'bios' : 'uefi',
    driver: index % 4 === 0 || index % 4 === 3 ? 'ipmi' : 'redfish',
    ...spec,
  }))
}
