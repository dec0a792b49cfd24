import type { DeployWay } from '../app/metal/index.ts'
import { isConductorRoute, isIronicRoute } from '../metal/index.ts'
import type { Route } from '../metal/index.ts'
import type { FlagTable, FlagValues } from './command.ts'
import { raise } from './errors.ts'
import { KEEP_FLAG, keepFlags } from './keep-flag.ts'

/** What Anneal’s own conductor wants to know. */
export const CONDUCTOR_FLAGS = {
  form: {
    kind: 'choice',
    values: ['whole-disk', 'trio', 'live'],
    help: 'With --conductor: write the whole disk (the default), or only the root file system, and boot kernel and ramdisk over the network; or write nothing and run a live image from memory, of a directory that `image convert --live` wrote',
  },
  ...KEEP_FLAG,
  verify: {
    kind: 'choice',
    values: ['sample', 'all', 'none'],
    help: 'With --conductor: read back some of what was written (the default), all of it, or nothing',
  },
} as const satisfies FlagTable

type Flags = FlagValues<typeof CONDUCTOR_FLAGS> &
  Readonly<{
    conductor: string | undefined
    via: 'ironic' | 'nova'
    route: Route | undefined
    image: string | undefined
    kernel: string | undefined
    checksum: string | undefined
    boot: string | undefined
    karg: readonly string[]
    'delete-karg': readonly string[]
  }>

/** What is asked of a conductor; undefined where another service deploys. Throws USAGE for flags of the other one. */
export function conductorWay(
  flags: Flags,
  command: string,
): Extract<DeployWay, { via: 'conductor' }> | undefined {
  const fail = (why: string): Error => raise('USAGE', { command, why, help: `${command} --help` })
  const { route, image, form, verify } = flags
  // A conductor boots kernel and ramdisk of other servers, as Ironic does.
  const isLive = route === 'ramdisk' && flags.kernel === undefined
  if (flags.conductor === undefined || (route === 'ramdisk' && !isLive)) {
    if (form !== undefined) throw fail('--form is for --conductor')
    if (flags.keep.length > 0)
      throw fail('--keep is for --conductor, and not for --route ramdisk, which writes no disk')
    if (verify !== undefined) throw fail('--verify is for --conductor')
    if (route !== undefined && !isIronicRoute(route)) throw fail(`--route ${route} is for --conductor`)
    return undefined
  }
  if (flags.via === 'nova') throw fail('--via nova and --conductor exclude each other')
  if (route !== undefined && !isConductorRoute(route)) throw fail(`--route ${route} is for OpenStack Ironic`)
  if (image === undefined) throw fail('it needs --image')
  const foreign = [
    flags.kernel === undefined ? '' : '--kernel',
    flags.checksum === undefined ? '' : '--checksum',
    flags.boot === undefined ? '' : '--boot',
  ].find((one) => one !== '')
  if (foreign !== undefined) {
    throw fail(`${foreign} is not for --conductor, which reads the image itself`)
  }
  return {
    via: 'conductor',
    image: { location: image, form: form ?? (isLive ? 'live' : 'whole-disk'), verify: verify ?? 'sample' },
    ...(route === undefined ? {} : { route }),
    addedArguments: flags.karg,
    deletedArguments: flags['delete-karg'],
    keeps: keepFlags(flags.keep, command),
  }
}
