import {
  baseBytes,
  baseNames,
  makeContainerDisk,
  planContainerDisk,
  writeConversion,
} from '../app/image/convert/index.ts'
import type { PlannedContainerDisk } from '../app/image/convert/index.ts'
import type { BaseFormat, ConversionPlanDocument } from '../contract/index.ts'
import { EXIT, formatBytes, formatDuration } from '../core/index.ts'
import type { ExitCode } from '../core/index.ts'
import type { FlagValues } from './command.ts'
import type { ConvertFlags } from './convert-boot-only.ts'
import { conversionOptions } from './conversion-flags.ts'
import { baseTargetOf, convertUsage, tellTarget } from './conversion-target.ts'
import { describeBootFile } from './describe-boot-file.ts'
import { diskWishes } from './disk-flags.ts'
import type { DISK_FLAGS } from './disk-flags.ts'
import type { Output } from './output.ts'
import { progressTeller } from './progress-teller.ts'
import { treeTeller } from './tree-teller.ts'

type DiskFlags = Omit<ConvertFlags, 'disk'> & FlagValues<typeof DISK_FLAGS> & Readonly<{ format: BaseFormat }>

/** `anneal image convert --disk`: the file system or the disk of a container. Throws USAGE for flags that are about disks. */
export async function convertDisk(
  location: string,
  flags: DiskFlags,
  output: Output,
  signal: AbortSignal,
): Promise<ExitCode> {
  const startedAt = performance.now()
  const wrong = (['boot-only', 'keep-fstab', 'shrink'] as const).find((name) => flags[name])
  if (wrong !== undefined)
    throw convertUsage(`--disk makes a base of a container, and --${wrong} is about others`)
  const wishes = diskWishes('anneal image convert', flags)
  if (wishes === undefined) throw convertUsage('it needs --disk')
  const target = baseTargetOf(flags)
  const { boot: boots, what, open } = conversionOptions(flags, signal)
  await using planned = await planContainerDisk(location, {
    boot: boots,
    ...(what && { what }),
    ...(open && { open }),
    ...wishes,
    freeSpace: flags.exact ? 'exact' : 'skip',
    digests: flags['no-digest'] ? 'none' : 'make',
    signal,
  })
  for (const line of planLines(planned)) output.say(line)
  const { boot, changes, warnings } = planned.about
  if (flags['dry-run']) {
    await tellTarget(target, baseNames(flags), output)
    const base = { sizeBytes: sizeOf(planned), usedBytes: planned.root.size.blockBytes, from: 'container' }
    const plan: ConversionPlanDocument = { schema: 'anneal.conversion-plan/1', base, boot, changes, warnings }
    output.data(plan, () => boot.commandLine)
    return EXIT.ok
  }
  const scratch = target?.directory ?? flags.temporary ?? process.env['TMPDIR'] ?? '/var/tmp'
  await using made = await makeContainerDisk(planned, scratch, { onProgress: treeTeller(output), signal })
  const added = made.conversion.about.warnings.slice(warnings.length)
  for (const text of added) output.say(`warning: ${text}`)
  if (target === undefined) {
    await output.bytes(baseBytes(made, signal))
    return EXIT.ok
  }
  const written = await writeConversion(
    made,
    { ...target, format: flags.format },
    { onProgress: progressTeller(output, startedAt), signal },
  )
  const took = formatDuration(performance.now() - startedAt)
  output.say(`done in ${took}: ${formatBytes(written.writtenBytes)} written`)
  output.data(written.boot, () => describeBootFile(written.boot, target.directory))
  return EXIT.ok
}

function sizeOf({ disk, root }: PlannedContainerDisk): number {
  return disk?.parts.diskBytes ?? root.size.sizeBytes
}

function planLines(planned: PlannedContainerDisk): readonly string[] {
  const { about, disk, root } = planned
  const { nodes, blockBytes } = root.size
  const what =
    disk === undefined ? 'base is ext4' : `disk has an EFI system partition with ${disk.loader.kind} and ext4`
  return [
    `boots ${root.contract.title || root.contract.entry}`,
    `${what}: ${formatBytes(sizeOf(planned))}, for ${nodes} files with ${formatBytes(blockBytes)}`,
    ...about.changes.map(({ file, what: change, reason }) => `${file}: ${change}\n  because ${reason}`),
    ...about.warnings.map((text) => `warning: ${text}`),
  ]
}
