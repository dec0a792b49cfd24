import { setTimeout as sleep } from 'node:timers/promises'
import type { ComputeHost } from './compute-host.ts'
import { guestMac } from './domain-xml.ts'
import type { GuestLife } from './domain-xml.ts'
import { raise } from './errors.ts'
import { imageReference } from './image-recipe.ts'
import { openstackConfiguration } from './openstack.ts'
import type { NestedEngine } from './seed.ts'
import { Silence } from './silence.ts'

/** What a host holds for it: the images of examples/compute-ovs with two versions of libvirt, and a Neutron. */
export const OVS_IMAGES: readonly string[] = [
  'openvswitch:bookworm',
  'nova-libvirt-ovs:bookworm',
  'nova-libvirt-ovs:bookworm-backports',
  'openvswitch-agent:bookworm',
  'neutron:bookworm',
]

const NEUTRON = 'neutron'
/** The bridge that Neutron's Open vSwitch agent makes. */
const BRIDGE = 'br-int'
/** The host's own port in the guests' network, as Neutron's DHCP and metadata agents have one. */
const HOST_PORT = 'host0'
const HOST_ADDRESS = '10.77.0.1'
/** Where the configs and secrets of the examples lie. */
const ETC = '/etc/anneal/compute'

/** What the API tells of a port. */
export type NeutronPort = Readonly<{
  id: string
  mac_address: string
  status: 'ACTIVE' | 'DOWN' | 'BUILD'
  'binding:vif_type': string
}>

/**
 * Neutron with its broker in a container of the host, and the files by which the network agent of examples/compute-ovs
 * joins it. The API has no login; it listens on the host's loop-back interface alone.
 */
export class OpenVSwitchBed {
  readonly #host: ComputeHost
  readonly #engine: NestedEngine

  private constructor(host: ComputeHost, engine: NestedEngine) {
    this.#host = host
    this.#engine = engine
  }

  /** Starts Neutron's server and waits until its API answers. The host needs `OVS_IMAGES`. */
  static async up(host: ComputeHost, engine: NestedEngine): Promise<OpenVSwitchBed> {
    const bed = new OpenVSwitchBed(host, engine)
    await host.sh('mkdir -p /run/openvswitch /var/lib/openvswitch; install -d -o 972 -g 972 /var/lib/neutron')
    await bed.#writeConfiguration()
    await host.must([
      engine,
      'run',
      '--detach',
      '--name',
      NEUTRON,
      '--network',
      'host',
      imageReference('neutron:bookworm'),
    ])
    await bed.#waitFor('Neutron to answer', async () => {
      const ready = await host.exec([engine, 'exec', NEUTRON, 'test', '-e', '/run/neutron-ready'])
      return ready.exitCode === 0 ? undefined : bed.#lastLines()
    })
    return bed
  }

  async #writeConfiguration(): Promise<void> {
    const files = openstackConfiguration()
    const neutron = files['/etc/neutron/neutron.conf'] ?? ''
    const transport = /^transport_url = .*$/m
    for (const [name, text] of [
      ['neutron.conf', neutron.replace(transport, '')],
      ['secrets/neutron.conf', `[DEFAULT]\n${transport.exec(neutron)?.[0] ?? ''}\n`],
      ['openvswitch_agent.ini', files['/etc/neutron/plugins/ml2/openvswitch_agent.ini'] ?? ''],
    ] as const)
      await this.#host.sh(`install -d "$(dirname ${ETC}/${name})"; cat >${ETC}/${name}`, { input: text })
  }

  /** A port of Neutron for the guest that will have this name, and the host's own beside it, both wired by the agent. */
  async addPorts(guest: string, life: GuestLife, vswitchd: string): Promise<GuestLife> {
    const own = await this.#makePort(HOST_ADDRESS, guestMac(`${guest} ${HOST_PORT}`))
    const settings = [
      'type=internal',
      `external_ids:iface-id=${own.id}`,
      `external_ids:attached-mac=${own.mac_address}`,
      'external_ids:iface-status=active',
    ]
    const port = ['--may-exist', 'add-port', BRIDGE, HOST_PORT, '--', 'set', 'interface', HOST_PORT]
    await this.ovs(vswitchd, 'ovs-vsctl', ...port, ...settings)
    await this.#host.sh(
      `ip link set ${HOST_PORT} address ${own.mac_address} up; ip address replace ${HOST_ADDRESS}/24 dev ${HOST_PORT}`,
    )
    await this.waitUntilActive(own.id)
    const { id } = await this.#makePort(life.address, guestMac(guest))
    return { ...life, bridge: BRIDGE, neutronPort: id }
  }

  async #makePort(address: string, mac: string): Promise<NeutronPort> {
    // Neutron binds a port only where it knows that an agent lives.
    let made: NeutronPort | undefined
    await this.#waitFor(`a port on ${this.#host.name}`, async () => {
      const argv = ['neutron-port', this.#host.name, address, mac]
      const port = JSON.parse(await this.#neutron(argv)) as NeutronPort
      if (port['binding:vif_type'] !== 'ovs') {
        await this.#neutron(['neutron-port', '--delete', port.id])
        return port['binding:vif_type']
      }
      made = port
      return undefined
    })
    if (made === undefined) throw new Error('Neutron made no port')
    return made
  }

  /** As Neutron's API has it: the agent's own word that the port is wired. */
  async port(id: string): Promise<NeutronPort> {
    return JSON.parse(await this.#neutron(['neutron-port', id])) as NeutronPort
  }

  async waitUntilActive(id: string): Promise<void> {
    await this.#waitFor(`port ${id} to become active`, async () => {
      const { status } = await this.port(id)
      return status === 'ACTIVE' ? undefined : status
    })
  }

  #neutron(argv: readonly string[]): Promise<string> {
    return this.#host.must([this.#engine, 'exec', NEUTRON, ...argv])
  }

  /** A program of Open vSwitch in the container of the switch. */
  async ovs(vswitchd: string, ...argv: readonly string[]): Promise<string> {
    return (await this.#host.must([this.#engine, 'exec', vswitchd, ...argv])).trim()
  }

  async #lastLines(): Promise<string> {
    const logs = await this.#host.exec([this.#engine, 'logs', '--tail', '15', NEUTRON])
    return (logs.stdout + logs.stderr).trim()
  }

  /** Asks until there is nothing left to say. Throws LAB_COMMAND_FAILED once the answer stands still. */
  async #waitFor(what: string, asked: () => Promise<string | undefined>): Promise<void> {
    const silence = new Silence(120_000)
    for (;;) {
      const seen = await asked()
      if (seen === undefined) return
      if (silence.over(seen)) {
        throw raise('LAB_COMMAND_FAILED', {
          action: `wait ${silence.seconds} s for ${what} (${seen.slice(0, 200)})`,
          command: `${this.#engine} logs ${NEUTRON}`,
          exitCode: 1,
          output: await this.#lastLines(),
        })
      }
      await sleep(500)
    }
  }
}
