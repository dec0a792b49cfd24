import { bootNames, planBootFiles, writeBootFiles } from '../app/image/convert/index.ts'
import type { ConversionPlanDocument } from '../contract/index.ts'
import { EXIT, formatDuration } from '../core/index.ts'
import type { ExitCode } from '../core/index.ts'
import type { FlagValues } from './command.ts'
import { conversionOptions } from './conversion-flags.ts'
import type { CONVERSION_FLAGS } from './conversion-flags.ts'
import { convertUsage, targetOf, tellTarget } from './conversion-target.ts'
import { describeBootFile } from './describe-boot-file.ts'
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
  const target = targetOf(flags, '--boot-only')
  await using planned = await planBootFiles(location, conversionOptions(flags, signal))
  const { boot, warnings } = planned.files.about
  for (const text of warnings) output.say(`warning: ${text}`)
  if (target === undefined || flags['dry-run']) {
    await tellTarget(target, bootNames(flags), output)
    const plan: ConversionPlanDocument = { schema: 'anneal.conversion-plan/1', boot, warnings }
    output.data(plan, () => boot.commandLine)
    return EXIT.ok
  }
  const made = await writeBootFiles(planned, target, { signal })
  output.say(`done in ${formatDuration(performance.now() - startedAt)}`)
  output.data(made, () => describeBootFile(made, target.directory))
  return EXIT.ok
}
