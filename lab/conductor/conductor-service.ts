import { join } from 'node:path'
import { answersTo } from '../openstack/keystone.ts'
import { BRIDGE } from '../openstack/network.ts'
import type { LabNetwork } from '../openstack/network.ts'
import type { Service } from '../openstack/service.ts'
import { REPOSITORY } from '../paths.ts'

/** How `anneal metal serve` is called in a lab. */
export type ConductorSettings = Readonly<{
  stateDirectory: string
  /** ADDRESS:PORT for operators, and for machines. */
  operators: string
  machines: string
  interface: string
  subnet: string
  /** Directory of the deploy ramdisk; undefined where the lab does not start the conductor. */
  ramdisk?: string
  /** Directories of deploy ramdisks for other processors. */
  moreRamdisks?: readonly string[]
  /** Directory of a ramdisk with ironic-python-agent. */
  agent?: string
}>

const [OPERATORS_PORT, MACHINES_PORT] = [6385, 6386]

export function conductorSettings(
  directory: string,
  { address, subnet }: LabNetwork,
  {
    ramdisk,
    moreRamdisks,
    agent,
    bootsOver = 'ipv4',
  }: Pick<ConductorSettings, 'ramdisk' | 'moreRamdisks' | 'agent'> &
    Readonly<{ bootsOver?: 'ipv4' | 'ipv6' }>,
): ConductorSettings {
  const overIpv6 = bootsOver === 'ipv6'
  return {
    stateDirectory: directory,
    operators: `${address}:${OPERATORS_PORT}`,
    machines: `${overIpv6 ? `[fd77:0:0:${subnet}::1]` : address}:${MACHINES_PORT}`,
    interface: BRIDGE,
    subnet: overIpv6 ? `fd77:0:0:${subnet}::/64` : `10.77.${subnet}.0/24`,
    ...(ramdisk === undefined ? {} : { ramdisk }),
    ...(moreRamdisks === undefined ? {} : { moreRamdisks }),
    ...(agent === undefined ? {} : { agent }),
  }
}

/** The words behind `anneal`. */
export function serveWords(settings: ConductorSettings): readonly string[] {
  const words = ['metal', 'serve', '--state', settings.stateDirectory, '--listen', settings.operators]
  words.push('--machines', settings.machines, '--interface', settings.interface, '--subnet', settings.subnet)
  // The serial port is the only console of the machines; that of arm64 has another name. On a busy host their timer comes late,
  // and a kernel that checks it gives up.
  const kernel = ['console=ttyAMA0', 'console=ttyS0', 'no_timer_check'].flatMap((one) => [
    '--ramdisk-karg',
    one,
  ])
  const agent = settings.agent === undefined ? [] : ['--agent-dir', settings.agent]
  const more = (settings.moreRamdisks ?? []).flatMap((one) => ['--ramdisk-dir', one])
  return [...words, '--ramdisk-dir', settings.ramdisk ?? 'DIR', ...more, ...agent, ...kernel]
}

/** Anneal's own conductor, with dnsmasq as its child. */
export function conductorService(settings: ConductorSettings): Service {
  return {
    name: 'conductor',
    argv: [process.execPath, join(REPOSITORY, 'src/cli/main.ts'), ...serveWords(settings)],
    ready: async () => (await answersTo(`http://${settings.operators}/v1`)) === 200,
  }
}
