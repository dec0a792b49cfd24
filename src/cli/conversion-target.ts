import { checkTarget } from '../app/image/convert/index.ts'
import type { ConversionTarget, ResultNames } from '../app/image/convert/index.ts'
import type { BaseFormat } from '../contract/index.ts'
import { raise } from './errors.ts'
import type { Output } from './output.ts'

type TargetFlags = Readonly<{
  output: string | undefined
  force: boolean
  ipxe: boolean
  'dry-run': boolean
}>

/** `-` stands for standard output. Throws USAGE where none is named, unless nothing is to be written. */
export function targetOf(flags: TargetFlags, what = 'it'): ConversionTarget | undefined {
  if (flags.output !== undefined && flags.output !== '-')
    return { directory: flags.output, existing: flags.force ? 'replace' : 'refuse', ipxe: flags.ipxe }
  if (!flags['dry-run']) throw convertUsage(`${what} needs a directory for the results (-o DIR)`)
  return undefined
}

/** The same, where the base alone may go to standard output: undefined with `-`. Throws USAGE where that takes no such base. */
export function baseTargetOf(
  flags: TargetFlags & Readonly<{ format: BaseFormat }>,
): ConversionTarget | undefined {
  if (flags.output !== '-') return targetOf(flags)
  if (flags.format === 'raw') return undefined
  throw convertUsage(
    `--format ${flags.format} is about files, and -o - writes the raw base; name a directory`,
  )
}

/** Of a dry run: refuses what the conversion would refuse, and says what it would write. */
export async function tellTarget(
  target: ConversionTarget | undefined,
  names: ResultNames,
  output: Output,
): Promise<void> {
  if (target === undefined) return
  await checkTarget(target, names)
  output.say(`would write ${names.join(', ')} into ${target.directory}`)
}

export function convertUsage(why: string): Error {
  const command = 'anneal image convert'
  return raise('USAGE', { command, why, help: `${command} --help` })
}
