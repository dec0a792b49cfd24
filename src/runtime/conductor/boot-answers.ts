import {
  DISK_SCRIPT,
  agentFiles,
  agentScript,
  deployWishes,
  idleScript,
  instanceScript,
  liveCommandLine,
  nameOf,
  ramdiskArchitecture,
  ramdiskScript,
} from '../../conductor/index.ts'
import type { AgentFile, BootPair, BootPairs } from '../../conductor/index.ts'
import type { ConductorWorld, InstanceFile } from '../../ports/index.ts'

/** Switches speak every 30 seconds. Only an inspection waits so long. */
const HEARS_LLDP = 'anneal.lldp=60'

export type BootSettings = Readonly<{
  /** Root of the conductor’s HTTP service, as machines reach it. */
  url: string
  /** Where deploy ramdisks ask over HTTPS, and the public key that answers there. By default they ask at `url`. */
  ramdisks?: Readonly<{ url: string; pin: string }>
  /** Kernel arguments of the deploy ramdisk. */
  ramdiskArguments: readonly string[]
  /** Deploy ramdisks, by the processor that they are for. */
  deployRamdisks: BootPairs
  /** Ramdisks with ironic-python-agent, for machines that name none of their own. */
  agents: BootPairs
  say: (machine: string, text: string) => void
}>

/** What machines boot over the network. */
export class BootAnswers {
  readonly #world: ConductorWorld
  readonly #settings: BootSettings

  constructor(world: ConductorWorld, settings: BootSettings) {
    this.#world = world
    this.#settings = settings
  }

  /**
   * The iPXE script of the machine with this MAC address. A machine that nobody knows gets one that does nothing; so does who
   * asks from another address than that which the machine has, and the script of before stays good.
   */
  async script(mac: string, from: string): Promise<string> {
    const { store, secrets, instances, netboot } = this.#world
    const port = store.ports().find(({ address }) => address === mac.toLowerCase())
    const machine = port === undefined ? undefined : store.machine(port.machine)
    if (machine === undefined) return idleScript('no machine with this MAC address is enrolled')
    const address = netboot.addressOf(machine.uuid)
    if (address !== undefined && address !== from) {
      this.#settings.say(
        nameOf(machine),
        `${from} asked what to boot in its name and got nothing: ${address} is its address`,
      )
      return idleScript('this is not the address of the machine with this MAC address')
    }
    const { url, ramdisks, ramdiskArguments } = this.#settings
    const session = store.session(machine.uuid)
    if (session === undefined) {
      return machine.provisionState === 'active' ? DISK_SCRIPT : idleScript('nothing is to be done with it')
    }
    const token = secrets.token()
    if (session.boots === 'ramdisk') {
      const path = `/boot/ramdisk/${ramdiskArchitecture(machine, this.#settings.deployRamdisks)}`
      store.saveSession(machine.uuid, { ...session, bootToken: secrets.digest(token) })
      return ramdiskScript({
        url,
        ...(ramdisks === undefined ? {} : { asks: ramdisks }),
        token,
        kernelPath: `${path}/kernel`,
        ramdiskPath: `${path}/ramdisk`,
        arguments: machine.provisionState.startsWith('inspect')
          ? [...ramdiskArguments, HEARS_LLDP]
          : ramdiskArguments,
      })
    }
    if (session.boots === 'agent') {
      const files = agentFiles(machine, this.#settings.agents)
      store.saveSession(machine.uuid, { ...session, bootToken: secrets.digest(token) })
      const urlOf = (file: AgentFile, which: 'kernel' | 'ramdisk'): string =>
        file.kind === 'url' ? file.url : `${url}/boot/agent/${machine.uuid}/${which}`
      return agentScript({
        url,
        token,
        kernelUrl: urlOf(files.kernel, 'kernel'),
        ramdiskUrl: urlOf(files.ramdisk, 'ramdisk'),
        arguments: ramdiskArguments,
      })
    }
    const wishes = deployWishes(machine)
    if (wishes.method === 'ramdisk' && wishes.of === 'addresses') {
      return instanceScript({
        kernelUrl: wishes.kernel,
        ramdiskUrl: wishes.ramdisk,
        commandLine: wishes.commandLine,
      })
    }
    store.saveSession(machine.uuid, { ...session, imageToken: secrets.digest(token) })
    const at = `${url}/boot/instance/${token}`
    return instanceScript({
      kernelUrl: `${at}/kernel`,
      ...((await instances.hasRamdisk(machine.uuid)) ? { ramdiskUrl: `${at}/ramdisk` } : {}),
      commandLine: liveCommandLine((await instances.commandLine(machine.uuid)) ?? '', at),
    })
  }

  /** Path of a file that a machine boots; undefined where the token is nobody’s. */
  file(token: string, which: InstanceFile): string | undefined {
    const { store, secrets, instances } = this.#world
    const digest = secrets.digest(token)
    const found = store.sessions().find(({ session }) => session.imageToken === digest)
    return found === undefined ? undefined : instances.path(found.machine, which)
  }

  /** Path of a file of the deploy ramdisk for a processor; undefined where there is none. */
  ramdiskFile(architecture: string, which: keyof BootPair): string | undefined {
    const pairs: Readonly<Record<string, BootPair | undefined>> = this.#settings.deployRamdisks
    return Object.hasOwn(pairs, architecture) ? pairs[architecture]?.[which] : undefined
  }

  /** Path of the kernel or ramdisk with ironic-python-agent that a machine boots; undefined where it boots none. */
  agentFile(uuid: string, which: 'kernel' | 'ramdisk'): string | undefined {
    const { store } = this.#world
    const machine = store.machine(uuid)
    if (machine === undefined || store.session(uuid)?.boots !== 'agent') return undefined
    const file = agentFiles(machine, this.#settings.agents)[which]
    return file.kind === 'file' ? file.path : undefined
  }
}
