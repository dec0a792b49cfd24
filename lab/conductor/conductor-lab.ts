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
import { REPOSITORY } from '../paths.ts'
import { run } from '../run.ts'
import type { RunResult } from '../run.ts'
import { conductorService, conductorSettings, serveWords } from './conductor-service.ts'
import type { ConductorSettings } from './conductor-service.ts'
import { placeInventory } from './inventory-file.ts'

/** By which of its two endpoints a machine is enrolled. */
export type Driver = 'ipmi' | 'redfish'

export type ConductorMachine = Machine &
  Readonly<{
    driver: Driver
    /** Default: Anneal’s own ramdisk writes the disk. `direct`: Ironic’s agent. */
    deploy?: 'direct'
  }>

export type ConductorLabOptions = Readonly<{
  /** Names the lab, its directory and its namespace. Default: one that nobody else has. */
  name?: string
  /** How many machines, or what each is made of. Default: two. */
  nodes?: number | readonly Partial<MachineSpec & Pick<ConductorMachine, 'driver' | 'deploy'>>[]
  /** Directory of the deploy ramdisk (vmlinuz, initrd). Default: `anneal metal serve` is not started. */
  ramdisk?: string
  /** Directories of deploy ramdisks for machines with other processors. */
  moreRamdisks?: readonly string[]
  /** Directory of a ramdisk with ironic-python-agent (vmlinuz, initrd), for machines with `deploy: 'direct'`. */
  agent?: string
  /** How machines boot. Default: over IPv4. */
  bootsOver?: 'ipv4' | 'ipv6'
  signal?: AbortSignal
}>

/** All that there is to know of it: kept as conductor.json in its directory. */
type Description = Readonly<{
  network: LabNetwork
  nodes: readonly ConductorMachine[]
  /** Of the machines (docs/metal.md). */
  inventoryFile: string
  /** What `anneal metal serve` is called with here; `ramdisk` says whether it runs as a service of the lab. */
  conductor: ConductorSettings
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

  /** Runs `anneal` as an operator in the lab's network, for its conductor. `state`: directory of Anneal's state. */
  anneal(
    words: readonly string[],
    { state, timeoutMs }: Readonly<{ state: string; timeoutMs: number }>,
  ): Promise<RunResult> {
    const { namespace } = this.description.network
    return run(['ip', 'netns', 'exec', namespace, join(REPOSITORY, 'anneal'), ...words], {
      timeoutMs,
      env: { ANNEAL_CONDUCTOR: this.endpoints['conductor'] ?? '', ANNEAL_STATE: state },
    })
  }

  get endpoints(): Readonly<Record<string, string>> {
    const { operators, machines } = this.description.conductor
    const [first] = this.nodes
    return {
      conductor: `http://${operators}`,
      machines: `http://${machines}`,
      ...(first === undefined ? {} : { redfish: first.redfish.address }),
    }
  }

  /** Variables with which `openstack baremetal` uses the conductor. */
  get environment(): Readonly<Record<string, string>> {
    return { OS_AUTH_TYPE: 'none', OS_ENDPOINT: this.endpoints['conductor'] ?? '' }
  }

  /** Words of `anneal metal serve`, to be run in the lab's namespace. */
  get serveWords(): readonly string[] {
    return serveWords(this.description.conductor)
  }

  /** Of the network that the machines boot from, in the lab's namespace. */
  get interface(): string {
    return BRIDGE
  }

  /** Pid of each service; undefined where it does not run. */
  services(): Readonly<Record<string, number | undefined>> {
    const home = homeOf(this.directory, this.description.network)
    return Object.fromEntries(
      servicesOf(this.directory, this.description).map(({ name }) => [name, servicePid(home, name)]),
    )
  }

  /** Ends one service: `abruptly` as `kill -9` does. */
  async stopService(name: string, manner: 'orderly' | 'abruptly' = 'orderly'): Promise<void> {
    await stopService(homeOf(this.directory, this.description.network), name, manner)
  }

  /** Starts a service that does not run, and waits until it is ready. Throws LAB_SERVICE_UNKNOWN, LAB_SERVICE_START. */
  async startService(name: string): Promise<void> {
    const all = servicesOf(this.directory, this.description)
    const found = all.find((one) => one.name === name)
    if (found === undefined) {
      const known = all.map((one) => one.name)
      throw raise('LAB_SERVICE_UNKNOWN', { service: name, lab: this.name, known })
    }
    await startService(homeOf(this.directory, this.description.network), found)
  }

  /** Ends every process, and removes network and directory. */
  async down(): Promise<void> {
    await removeLab(this.name)
  }
}

async function bringUp(name: string, directory: string, options: ConductorLabOptions): Promise<Description> {
  const network = await makeNetwork(name)
  const nodes = machineSpecs(options.nodes ?? 2).map(({ driver, deploy, ...spec }, index) => ({
    ...describeMachine(spec, index, network, directory),
    driver,
    ...(deploy === undefined ? {} : { deploy }),
  }))
  // IPMI allows 20 bytes.
  const password = randomBytes(8).toString('hex')
  writeSecret(join(directory, 'bmc-password'), password)
  for (const [index, node] of nodes.entries()) await placeMachine(node, index, network, password)
  placeRedfish(directory, network, nodes)
  const description: Description = {
    network,
    nodes,
    inventoryFile: placeInventory(directory, nodes),
    conductor: conductorSettings(directory, network, options),
  }
  const home = homeOf(directory, network)
  await Promise.all(
    servicesOf(directory, description).map((service) => startService(home, service, options.signal)),
  )
  return description
}

function homeOf(directory: string, { namespace }: LabNetwork): ServiceHome {
  return { directory, namespace, ground: undefined }
}

function servicesOf(directory: string, { nodes, conductor }: Description): readonly Service[] {
  return [
    ...nodes.map(bmcService),
    ...(nodes.length === 0 ? [] : [redfishService(directory, nodes)]),
    ...(conductor.ramdisk === undefined ? [] : [conductorService(conductor)]),
  ]
}

/** One after the other: BIOS by IPMI, UEFI by Redfish, BIOS by Redfish, UEFI by IPMI. */
function machineSpecs(
  nodes: Exclude<ConductorLabOptions['nodes'], undefined>,
): readonly (MachineSpec & Pick<ConductorMachine, 'driver' | 'deploy'>)[] {
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
