import { pushLiveSet } from '../app/image/push/index.ts'
import type { LivePushOptions, PushControl, Pushed } from '../app/image/push/index.ts'
import type { ImageStore } from '../ports/index.ts'
import { raise } from './errors.ts'

/** Flags that are about what a conversion makes: a set is made already. */
type MadeFlags = Readonly<{
  deployment: string | undefined
  firmware: string | undefined
  'whole-disk': boolean
  'keep-fstab': boolean
  'disk-format': string | undefined
  disk: string | undefined
  karg: readonly string[]
  'delete-karg': readonly string[]
}>

/** `anneal image push DIRECTORY` of `image convert --live`. Throws USAGE. */
export function pushLive(
  store: () => ImageStore,
  directory: string,
  destination: string | undefined,
  flags: MadeFlags,
  options: Omit<LivePushOptions, 'addedArguments' | 'deletedArguments'>,
  control: PushControl,
): Promise<Pushed> {
  const command = 'anneal image push'
  const fail = (why: string): Error => raise('USAGE', { command, why, help: `${command} --help` })
  if (destination !== undefined) throw fail('a live set goes to Glance, and not to a registry')
  const made = (['deployment', 'firmware', 'whole-disk', 'keep-fstab', 'disk-format', 'disk'] as const).find(
    (name) => flags[name] !== undefined && flags[name] !== false,
  )
  if (made !== undefined)
    throw fail(`--${made} is for an image, and "${directory}" is a set that was converted already`)
  const edits = { addedArguments: flags.karg, deletedArguments: flags['delete-karg'] }
  return pushLiveSet(store(), directory, { ...options, ...edits }, control)
}
