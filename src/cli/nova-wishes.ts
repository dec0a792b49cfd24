import { isNetworkId } from '../app/metal/index.ts'
import type { DeployWay } from '../app/metal/index.ts'
import { isIronicRoute } from '../metal/index.ts'
import type { IronicRoute, Networks, Route } from '../metal/index.ts'
import type { FlagTable, FlagValues } from './command.ts'
import { bootContract } from './deploy-wishes.ts'
import { raise } from './errors.ts'

/** What Nova wants to know. */
export const NOVA_FLAGS = {
  via: {
    kind: 'choice',
    values: ['ironic', 'nova'],
    default: 'ironic',
    help: 'Deploy through Ironic, or as a Nova server of your project (needs --flavor)',
  },
  flavor: {
    kind: 'text',
    placeholder: 'FLAVOR',
    help: 'With --via nova: use this flavor; it must request the node’s resource class',
    flagOnly: true,
  },
  key: {
    kind: 'text',
    placeholder: 'NAME',
    help: 'With --via nova: use this existing key pair; --ssh-key registers a new one',
    flagOnly: true,
  },
  network: {
    kind: 'list',
    placeholder: 'ID',
    help: 'With --via nova: attach this network, or none; can be repeated; by default auto',
    flagOnly: true,
  },
} as const satisfies FlagTable

type Flags = FlagValues<typeof NOVA_FLAGS> &
  Readonly<{
    route: Route | undefined
    boot: string | undefined
    karg: readonly string[]
    'delete-karg': readonly string[]
  }>

function checkVia(flags: Flags, command: string): void {
  const fail = (why: string): Error => raise('USAGE', { command, why, help: `${command} --help` })
  if (flags.via === 'nova') {
    if (flags.flavor === undefined) throw fail('--via nova needs --flavor')
    return
  }
  const given = [
    flags.flavor === undefined ? '' : '--flavor',
    flags.key === undefined ? '' : '--key',
    flags.network.length === 0 ? '' : '--network',
  ].find((one) => one !== '')
  if (given !== undefined) throw fail(`${given} is for --via nova`)
}

/** How the image gets onto the machine. Throws USAGE for flags that only one of the two ways knows. */
export function deployWay(flags: Flags, command: string): DeployWay {
  checkVia(flags, command)
  const { route, karg, 'delete-karg': deleteKarg } = flags
  if (flags.via === 'ironic') {
    return {
      via: 'ironic',
      ...(route === undefined ? {} : { route: ironicRoute(route, command) }),
      contract: bootContract(flags.boot, command),
      addedArguments: karg,
      deletedArguments: deleteKarg,
    }
  }
  return {
    via: 'nova',
    flavor: flags.flavor ?? '',
    networks: wantedNetworks(flags.network, command),
    beyondNova: [
      ...(route === undefined || route === 'direct' ? [] : [`--route ${route}`]),
      ...(flags.boot === undefined ? [] : ['--boot']),
      ...(karg.length === 0 ? [] : ['--karg']),
      ...(deleteKarg.length === 0 ? [] : ['--delete-karg']),
    ],
    ...(flags.key === undefined ? {} : { keyName: flags.key }),
  }
}

function ironicRoute(route: Route, command: string): IronicRoute {
  if (isIronicRoute(route)) return route
  throw raise('USAGE', { command, why: `--route ${route} is for --conductor`, help: `${command} --help` })
}

function wantedNetworks(given: readonly string[], command: string): Networks {
  const [first] = given
  if (first === undefined) return 'auto'
  if (given.length === 1 && (first === 'none' || first === 'auto')) return first
  const wrong = given.find((one) => !isNetworkId(one))
  if (wrong === undefined) return given
  const why = `--network "${wrong}" is not the id of a network; none or auto must stand alone`
  throw raise('USAGE', { command, why, help: `${command} --help` })
}
