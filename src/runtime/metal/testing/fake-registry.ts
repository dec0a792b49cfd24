import { sampleNode } from '../../../metal/testing/index.ts'
import {
  MARK_ADDRESS,
  driverInfo,
  hardwareType,
  interfaceMembers,
  planRegistration,
} from '../../../metal/index.ts'
import type { MetalNode, NodeChange } from '../../../metal/index.ts'
import type { NetworkPort, Registrar } from '../../../ports/index.ts'

/** Machines by registration, in memory: that of its host, and those that were registered beside it. */
export class FakeRegistry {
  readonly made: MetalNode[] = []
  readonly #host: { node: MetalNode }
  readonly #ports = new Map<string, NetworkPort[]>()

  constructor(host: { node: MetalNode }) {
    this.#host = host
  }

  find(name: string): MetalNode | undefined {
    return [this.#host.node, ...this.made].find((one) => one.uuid === name || one.name === name)
  }

  portsOf(uuid: string): readonly NetworkPort[] {
    return this.#ports.get(uuid) ?? []
  }

  get registrar(): Registrar {
    const planFor = (found: MetalNode, wanted: Parameters<Registrar['register']>[0]) =>
      planRegistration(
        found,
        this.portsOf(found.uuid).map(({ address }) => address),
        wanted,
      )
    return {
      previewRegister: async (wanted) => {
        const found = this.find(wanted.name)
        if (found === undefined)
          return { outcome: 'created', changes: wanted.ports.map((one) => `port ${one}`) }
        const { changes } = planFor(found, wanted)
        return { outcome: changes.length > 0 ? 'changed' : 'unchanged', changes }
      },
      register: async (wanted) => {
        const found = this.find(wanted.name)
        if (found === undefined) {
          const node = sampleNode({
            uuid: `22222222-2222-4222-8222-${String(this.made.length).padStart(12, '0')}`,
            name: wanted.name,
            driver: hardwareType(wanted.driver),
            provisionState: 'enroll',
            driverInfo: driverInfo(wanted),
            properties: wanted.properties,
            extra: wanted.address === undefined ? {} : { [MARK_ADDRESS]: wanted.address },
            traits: wanted.traits,
            ...(wanted.resourceClass === undefined ? {} : { resourceClass: wanted.resourceClass }),
          })
          const own = Object.entries(interfaceMembers(wanted)).map(([name, value]): NodeChange => ({
            op: 'add',
            path: `/${name}`,
            value,
          }))
          this.made.push(changed(node, own))
          this.#addPorts(node.uuid, wanted.ports)
          return { node, outcome: 'created', changes: wanted.ports.map((one) => `port ${one}`) }
        }
        const { members, traits, ports, changes } = planFor(found, wanted)
        const node = { ...changed(found, members), traits: [...found.traits, ...traits] }
        this.#keep(node)
        this.#addPorts(node.uuid, ports)
        return { node, outcome: changes.length > 0 ? 'changed' : 'unchanged', changes }
      },
    }
  }

  #keep(node: MetalNode): void {
    if (node.uuid === this.#host.node.uuid) this.#host.node = node
    else
      this.made.splice(0, this.made.length, ...this.made.map((one) => (one.uuid === node.uuid ? node : one)))
  }

  #addPorts(uuid: string, addresses: readonly string[]): void {
    const added = addresses.map((address) => ({ uuid: `port ${address}`, address, pxeEnabled: true }))
    this.#ports.set(uuid, [...this.portsOf(uuid), ...added])
  }
}

const MEMBERS: Readonly<Record<string, keyof MetalNode>> = {
  driver_info: 'driverInfo',
  properties: 'properties',
  extra: 'extra',
  resource_class: 'resourceClass',
  boot_interface: 'bootInterface',
  deploy_interface: 'deployInterface',
  network_interface: 'networkInterface',
  console_interface: 'consoleInterface',
}

function changed(node: MetalNode, changes: readonly NodeChange[]): MetalNode {
  return changes.reduce<MetalNode>((before, change) => {
    const [, at = '', name] = change.path.split('/')
    const member = MEMBERS[at]
    if (change.op === 'remove' || member === undefined)
      throw new TypeError(`not part of this fake: ${change.path}`)
    const value = name === undefined ? change.value : { ...Object(before[member]), [name]: change.value }
    return { ...before, [member]: value }
  }, node)
}
