import { isNetworkId } from '../adapters/openstack/index.ts'
import { sha256 } from '../adapters/system/index.ts'
import { planServer } from '../metal/index.ts'
import type { DeployPlan, DriveWishes, ImageFacts, MetalNode, Networks } from '../metal/index.ts'
import type { MetalWorld } from '../ports/index.ts'
import type { FlagTable, FlagValues } from './command.ts'
import { raise } from './errors.ts'

/** What Nova wants to know. */
export const NOVA_FLAGS = {
  via: {
    kind: 'choice',
    values: ['ironic', 'nova'],
    default: 'ironic',
    help: 'nova: as a server of the project that is logged in to, with --flavor',
  },
  flavor: {
    kind: 'text',
    placeholder: 'FLAVOR',
    help: 'with --via nova: name or id; it asks for the resource class of the node',
    flagOnly: true,
  },
  key: {
    kind: 'text',
    placeholder: 'NAME',
    help: 'with --via nova: a key pair that is there; --ssh-key registers one',
    flagOnly: true,
  },
  network: {
    kind: 'list',
    placeholder: 'ID',
    help: 'with --via nova: network of the server, repeatable; or none; by default auto',
    flagOnly: true,
  },
} as const satisfies FlagTable

type Flags = FlagValues<typeof NOVA_FLAGS> &
  Readonly<{
    route: string | undefined
    boot: string | undefined
    karg: readonly string[]
    'delete-karg': readonly string[]
  }>

/** Throws USAGE for flags that only one of the two ways knows. */
export function checkVia(flags: Flags, command: string): void {
  const fail = (why: string): Error => raise('USAGE', { command, why, help: `${command} --help` })
  if (flags.via === 'nova') {
    if (flags.flavor === undefined) throw fail('--via nova wants --flavor')
    return
  }
  const given = [
    flags.flavor === undefined ? '' : '--flavor',
    flags.key === undefined ? '' : '--key',
    flags.network.length === 0 ? '' : '--network',
  ].find((one) => one !== '')
  if (given !== undefined) throw fail(`${given} is for --via nova`)
}

/** The plan of a deployment as a server. Throws what `planServer` and Nova throw. */
export async function planViaNova(
  world: MetalWorld,
  node: MetalNode,
  image: ImageFacts,
  flags: Flags,
  drive: DriveWishes,
  command: string,
): Promise<DeployPlan> {
  const flavor = await world.compute.flavor(flags.flavor ?? '')
  return planServer(
    node,
    image,
    {
      flavor,
      networks: wantedNetworks(flags.network, command),
      drive,
      beyondNova: [
        ...(flags.route === undefined || flags.route === 'direct' ? [] : [`--route ${flags.route}`]),
        ...(flags.boot === undefined ? [] : ['--boot']),
        ...(flags.karg.length === 0 ? [] : ['--karg']),
        ...(flags['delete-karg'].length === 0 ? [] : ['--delete-karg']),
      ],
      ...(flags.key === undefined ? {} : { keyName: flags.key }),
    },
    sha256,
  )
}

function wantedNetworks(given: readonly string[], command: string): Networks {
  const [first] = given
  if (first === undefined) return 'auto'
  if (given.length === 1 && (first === 'none' || first === 'auto')) return first
  const wrong = given.find((one) => !isNetworkId(one))
  if (wrong === undefined) return given
  const why = `--network "${wrong}" is no id of a network, nor none or auto by itself`
  throw raise('USAGE', { command, why, help: `${command} --help` })
}
