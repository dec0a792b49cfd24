import { conversionTools, openOutputFolder } from '../adapters/convert/index.ts'
import { EXIT, formatDuration } from '../core/index.ts'
import type { ExitCode } from '../core/index.ts'
import { storeBoot } from '../runtime/index.ts'
import type { FlagValues } from './command.ts'
import { describeBootFile, ipxeOf } from './describe-boot-file.ts'
import { raise } from './errors.ts'
import { openBootOnly } from './image-conversion.ts'
import type { CONVERSION_FLAGS } from './image-conversion.ts'
import type { Output } from './output.ts'

type Flags = FlagValues<typeof CONVERSION_FLAGS> &
  Readonly<{ output: string | undefined; exact: boolean; ipxe: boolean; force: boolean; 'dry-run': boolean }>

/** `anneal image convert --boot-only`: kernel, ramdisk and boot.json. Throws USAGE for flags that are about a base. */
export async function convertBootOnly(
  location: string,
  flags: Flags,
  output: Output,
  signal: AbortSignal,
): Promise<ExitCode> {
  const startedAt = performance.now()
  const wrong = (['whole-disk', 'exact', 'keep-fstab'] as const).find((name) => flags[name])
  if (wrong !== undefined) throw convertUsage(`--boot-only writes no base, which --${wrong} is about`)
  if (!flags['dry-run'] && (flags.output === undefined || flags.output === '-'))
    throw convertUsage('--boot-only wants a directory (-o DIR)')
  await using stack = new AsyncDisposableStack()
  const { contract, files } = await openBootOnly(stack, location, flags, signal)
  const { boot, warnings } = files.about
  for (const text of warnings) output.say(`warning: ${text}`)
  if (flags['dry-run']) {
    const plan = { schema: 'anneal.conversion-plan/1', boot, warnings }
    output.data(plan, () => boot.commandLine)
    return EXIT.ok
  }
  const directory = flags.output ?? ''
  const folder = await openOutputFolder({
    directory,
    names: ['kernel', 'ramdisk', ...(flags.ipxe ? ['boot.ipxe'] : []), 'boot.json'],
    existing: flags.force ? 'replace' : 'refuse',
    neededBytes: [contract.kernel, ...contract.initrds].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  })
  const made = await storeBoot(
    { ...conversionTools(), folder },
    files,
    (stored) => (flags.ipxe ? { 'boot.ipxe': ipxeOf(stored) } : {}),
    signal,
  )
  output.say(`done in ${formatDuration(performance.now() - startedAt)}`)
  output.data(made, () => describeBootFile(made, directory))
  return EXIT.ok
}

export function convertUsage(why: string): Error {
  const command = 'anneal image convert'
  return raise('USAGE', { command, why, help: `${command} --help` })
}
