import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureOpenStackPackages } from '../packages.ts'
import { labPath } from '../paths.ts'
import { run, say } from '../run.ts'
import type { RunOptions, RunResult } from '../run.ts'
import { CLOUD, placeCloudsFiles } from './clouds-file.ts'
import { dhcpService, placeDhcp } from './dhcp.ts'
import { endAll } from './end.ts'
import { raise } from './errors.ts'
import { glanceService, glanceUrl, placeGlance } from './glance.ts'
import {
  apiService,
  conductorService,
  ironicUrl,
  placeDeployRamdisk,
  placeIronic,
  webRoot,
  webService,
  webUrl,
} from './ironic.ts'
import type { IronicAuth } from './ironic.ts'
import { keystoneService, placeKeystone } from './keystone.ts'
import { bmcService, describeMachine, placeMachine, placeRedfish, redfishService } from './machine.ts'
import type { Machine, MachineSpec } from './machine.ts'
import { makeNetwork, removeNetwork } from './network.ts'
import type { LabNetwork } from './network.ts'
import { writeSecret } from './prepared.ts'
import { cleanEnvironment, servicePid, startService, stopService } from './service.ts'
import type { Service, ServiceHome } from './service.ts'
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
  /** Files in `webRoot` by HTTP, as nodes and Ironic reach them. */
  web: string
}>

type Description = Readonly<{
  network: LabNetwork
  cloudsFile: string
  secureFile: string
  endpoints: Endpoints
  nodes: readonly Machine[]
  automatedClean: boolean
  ironicAuth: readonly IronicAuth[]
  /** Seconds from the beginning until each service was ready. */
  readyAfterSeconds: Readonly<Record<string, number>>
}>

/** Real Keystone, Glance and Ironic, with virtual machines to deploy, in a network namespace of their own. */
export class OpenStackLab {
  readonly name: string
  readonly description: Description

  private constructor(name: string, description: Description) {
    this.name = name
    this.description = description
  }

  /**
   * Brings a lab up from nothing. What a failed attempt has started is taken down again.
   * Throws LAB_OPENSTACK_EXISTS, LAB_OPENSTACK_NAME, LAB_NO_NETWORK, LAB_SERVICE_START, those of packages, and the
   * signal's reason.
   */
  static async up(options: OpenStackLabOptions = {}): Promise<OpenStackLab> {
    const name = checkedName(options.name ?? `t${randomBytes(4).toString('hex')}`)
    await ensureOpenStackPackages()
    const directory = directoryOf(name)
    if (existsSync(directory)) throw raise('LAB_OPENSTACK_EXISTS', { name, where: directory })
    for (const one of ['tmp', 'log']) mkdirSync(join(directory, one), { recursive: true, mode: 0o700 })
    try {
      const description = await bringUp(name, directory, options)
      writeFileSync(join(directory, 'lab.json'), JSON.stringify(description, undefined, 2))
      return new OpenStackLab(name, description)
    } catch (error) {
      // The logs are what tells why: they stay beside the lab's directory until the next attempt.
      await removeLab(name, { keepLogs: true })
      throw error
    }
  }

  /** A lab that another process brought up. Throws LAB_OPENSTACK_UNKNOWN. */
  static find(name: string): OpenStackLab {
    const found = OpenStackLab.list().find((lab) => lab.name === name)
    if (found === undefined) {
      const known = OpenStackLab.list().map((lab) => lab.name)
      throw raise('LAB_OPENSTACK_UNKNOWN', { name, known: known.length === 0 ? 'none' : known })
    }
    return found
  }

  /** Labs that are up, or were when somebody looked last. */
  static list(): readonly OpenStackLab[] {
    return labNames().flatMap((name) => {
      const path = join(directoryOf(name), 'lab.json')
      if (!existsSync(path)) return []
      return [new OpenStackLab(name, JSON.parse(readFileSync(path, 'utf8')) as Description)]
    })
  }

  get directory(): string {
    return directoryOf(this.name)
  }

  get nodes(): readonly Machine[] {
    return this.description.nodes
  }

  get endpoints(): Endpoints {
    return this.description.endpoints
  }

  get cloudsFile(): string {
    return this.description.cloudsFile
  }

  get secureFile(): string {
    return this.description.secureFile
  }

  /** What Ironic and the nodes fetch by `endpoints.web`. */
  get webRoot(): string {
    return webRoot(join(this.directory, 'ironic'))
  }

  /** Variables with which the `openstack` client and Anneal use this lab. */
  get environment(): Readonly<Record<string, string>> {
    return { OS_CLIENT_CONFIG_FILE: this.cloudsFile, OS_CLIENT_SECURE_FILE: this.secureFile, OS_CLOUD: CLOUD }
  }

  /** A node by its name. Throws LAB_MACHINE_UNKNOWN. */
  node(name: string): Machine {
    const found = this.nodes.find((one) => one.name === name)
    if (found === undefined) {
      throw raise('LAB_MACHINE_UNKNOWN', { name, lab: this.name, known: this.nodes.map((one) => one.name) })
    }
    return found
  }

  /** Pid of each service; undefined where it does not run. */
  services(): Readonly<Record<string, number | undefined>> {
    return Object.fromEntries(this.#services().map(({ name }) => [name, servicePid(this.#home, name)]))
  }

  /** Ends one service, as `kill -9` does or politely. */
  async stopService(name: string, manner: 'orderly' | 'abruptly' = 'orderly'): Promise<void> {
    await stopService(this.#home, this.#service(name).name, manner)
  }

  /** Starts a service that does not run, and waits until it is ready. */
  async startService(name: string): Promise<void> {
    await startService(this.#home, this.#service(name))
  }

  /** Runs the `openstack` client against this lab. */
  openstack(argv: readonly string[], options: RunOptions & { cloud?: string } = {}): Promise<RunResult> {
    const env = { ...cleanEnvironment(this.#home), ...this.environment, ...options.env }
    return run(['openstack', ...argv], {
      ...options,
      env: { ...env, OS_CLOUD: options.cloud ?? env.OS_CLOUD ?? CLOUD },
    })
  }

  /** Ends every process, and removes network and directory. */
  async down(): Promise<void> {
    await removeLab(this.name)
  }

  get #home(): ServiceHome {
    return { directory: this.directory, namespace: this.description.network.namespace }
  }

  #services(): readonly Service[] {
    const { network, nodes, ironicAuth, endpoints } = this.description
    return servicesOf(this.directory, network.address, nodes, ironicAuth, `${endpoints.identity}/v3`)
  }

  #service(name: string): Service {
    const all = this.#services()
    const found = all.find((one) => one.name === name)
    if (found === undefined) {
      throw raise('LAB_SERVICE_UNKNOWN', {
        service: name,
        lab: this.name,
        known: all.map((one) => one.name),
      })
    }
    return found
  }
}

/** Names of all labs, also of those that did not come up whole. */
export function labNames(): readonly string[] {
  return existsSync(directoryOf()) ? readdirSync(directoryOf()).filter((one) => !one.includes('.')) : []
}

/** Removes a lab by name, in whatever state it is: also one whose `up` was interrupted. */
export async function removeLab(name: string, options: { keepLogs?: boolean } = {}): Promise<void> {
  checkedName(name)
  const directory = directoryOf(name)
  await endAll(name)
  await removeNetwork(name)
  if (options.keepLogs === true && existsSync(join(directory, 'log'))) {
    const kept = `${directory}.failed`
    rmSync(kept, { recursive: true, force: true })
    await run(['cp', '-a', join(directory, 'log'), kept])
    say(`the logs are in ${kept}`)
  } else rmSync(`${directory}.failed`, { recursive: true, force: true })
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
}

async function bringUp(name: string, directory: string, options: OpenStackLabOptions): Promise<Description> {
  const began = performance.now()
  const ironicAuth = options.ironicAuth ?? ['keystone', 'none']
  const automatedClean = options.automatedClean ?? false
  const network = await makeNetwork(name)
  const { address } = network
  const inside = (one: string): string => join(directory, one)
  const nodes = machineSpecs(options.nodes ?? 1).map((spec, index) =>
    describeMachine(spec, index, network, directory),
  )
  const identity = await placeKeystone(inside('keystone'), address, [
    { type: 'image', name: 'glance', url: glanceUrl(address) },
    { type: 'baremetal', name: 'ironic', url: ironicUrl(address, 'keystone') },
  ])
  const [basicPassword] = await Promise.all([
    placeIronic(inside('ironic'), { address, identity, automatedClean }),
    placeGlance(inside('glance'), address, identity),
  ])
  if (options.deployRamdisk === true) placeDeployRamdisk(inside('ironic'), await deployRamdisk())
  // IPMI allows 20 bytes.
  const bmcPassword = randomBytes(8).toString('hex')
  writeSecret(inside('bmc-password'), bmcPassword)
  for (const [index, node] of nodes.entries()) await placeMachine(node, index, network, bmcPassword)
  placeRedfish(directory, network, nodes)
  placeDhcp(inside('dhcp'), network, nodes, inside('ironic'))

  const readyAfterSeconds: Record<string, number> = {}
  const home: ServiceHome = { directory, namespace: network.namespace }
  await Promise.all(
    servicesOf(directory, address, nodes, ironicAuth, identity.authUrl).map(async (service) => {
      await startService(home, service, options.signal)
      readyAfterSeconds[service.name] = Math.round((performance.now() - began) / 100) / 10
    }),
  )
  return {
    network,
    ...placeCloudsFiles(
      directory,
      address,
      identity,
      ironicAuth.includes('basic') ? basicPassword : undefined,
    ),
    endpoints: {
      identity: identity.authUrl.replace(/\/v3$/, ''),
      image: glanceUrl(address),
      bareMetal: ironicUrl(address, 'keystone'),
      ...(ironicAuth.includes('none') ? { bareMetalStandalone: ironicUrl(address, 'none') } : {}),
      ...(ironicAuth.includes('basic') ? { bareMetalBasic: ironicUrl(address, 'basic') } : {}),
      web: webUrl(address),
    },
    nodes,
    automatedClean,
    ironicAuth,
    readyAfterSeconds,
  }
}

function servicesOf(
  directory: string,
  address: string,
  nodes: readonly Machine[],
  ironicAuth: readonly IronicAuth[],
  authUrl: string,
): readonly Service[] {
  const inside = (one: string): string => join(directory, one)
  return [
    keystoneService(inside('keystone'), authUrl),
    conductorService(inside('ironic'), address),
    glanceService(inside('glance'), address),
    ...ironicAuth.map((auth) => apiService(inside('ironic'), address, auth)),
    webService(inside('ironic'), address),
    dhcpService(inside('dhcp')),
    ...nodes.map(bmcService),
    ...(nodes.length === 0 ? [] : [redfishService(directory, nodes)]),
  ]
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

function directoryOf(name = ''): string {
  return labPath('openstack', name)
}

/** Also part of a namespace's name. */
function checkedName(name: string): string {
  if (!/^[a-z][a-z0-9-]{0,11}$/.test(name)) {
    throw raise('LAB_OPENSTACK_NAME', { name, why: 'it is part of file and interface names' })
  }
  return name
}
