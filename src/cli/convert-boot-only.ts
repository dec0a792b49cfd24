import { planBootFiles, writeBootFiles } from '../app/image/convert/index.ts'
import type { ConversionPlanDocument } from '../contract/index.ts'
import { EXIT, formatDuration } from '../core/index.ts'
import type { ExitCode } from '../core/index.ts'
import type { FlagValues } from './command.ts'
import { conversionOptions } from './conversion-flags.ts'
import type { CONVERSION_FLAGS } from './conversion-flags.ts'
import { describeBootFile } from './describe-boot-file.ts'
import { raise } from './errors.ts'
import type { Output } from './output.ts'

export type ConvertFlags = FlagValues<typeof CONVERSION_FLAGS> &
  Readonly<{
    output: string | undefined
    disk: string | undefined
    'boot-only': boolean
    'root-url': string | undefined
    'root-format': 'squashfs' | 'erofs' | undefined
    verity: boolean
    exact: boolean
    shrink: boolean
    'no-digest': boolean
    ipxe: boolean
    force: boolean
    'dry-run': boolean
  }>

/** `anneal image convert --boot-only`: kernel, ramdisk and boot.json. Throws USAGE for flags that are about a base. */
export async function convertBootOnly(
  location: string,
  flags: ConvertFlags,
  output: Output,
  signal: AbortSignal,
): Promise<ExitCode> {
  const startedAt = performance.now()
  const wrong = (['whole-disk', 'exact', 'keep-fstab', 'no-digest', 'shrink'] as const).find(
    (name) => flags[name],
  )
  if (flags.disk !== undefined) throw convertUsage('--boot-only writes no base, which --disk is about')
  if (wrong !== undefined) throw convertUsage(`--boot-only writes no base, which --${wrong} is about`)
  if (!flags['dry-run'] && (flags.output === undefined || flags.output === '-'))
    throw convertUsage('--boot-only needs a directory (-o DIR)')
  await using planned = await planBootFiles(location, conversionOptions(flags, signal))
  const { boot, warnings } = planned.files.about
  for (const text of warnings) output.say(`warning: ${text}`)
  if (flags['dry-run']) {
    const plan: ConversionPlanDocument = { schema: 'anneal.conversion-plan/1', boot, warnings }
    output.data(plan, () => boot.commandLine)
    return EXIT.ok
  }
  const directory = flags.output ?? ''
  const target = { directory, existing: flags.force ? 'replace' : 'refuse', ipxe: flags.ipxe } as const
  const made = await writeBootFiles(planned, target, { signal })
  output.say(`done in ${formatDuration(performance.now() - startedAt)}`)
  output.data(made, () => describeBootFile(made, directory))
  return EXIT.ok
}

export function convertUsage(why: string): Error {
  const command = 'anneal image convert'
  return raise('USAGE', { command, why, help: `${command} --help` })
}
