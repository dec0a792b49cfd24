import { liveNames, planLiveImage, writeLiveImage } from '../app/image/convert/index.ts'
import type { PlannedLive } from '../app/image/convert/index.ts'
import type { BootFile, ConversionPlanDocument } from '../contract/index.ts'
import { EXIT, formatBytes, formatDuration, liveMemoryMib } from '../core/index.ts'
import type { ExitCode } from '../core/index.ts'
import type { ConvertFlags } from './convert-boot-only.ts'
import { conversionOptions } from './conversion-flags.ts'
import { convertUsage, targetOf, tellTarget } from './conversion-target.ts'
import { describeBootFile } from './describe-boot-file.ts'
import type { Output } from './output.ts'
import { treeTeller } from './tree-teller.ts'

/** `anneal image convert --live`: kernel, ramdisk, root image and boot.json. Throws USAGE for flags that are about a base. */
export async function convertLive(
  location: string,
  flags: ConvertFlags,
  output: Output,
  signal: AbortSignal,
): Promise<ExitCode> {
  const startedAt = performance.now()
  const wrong = (['boot-only', 'whole-disk', 'exact', 'keep-fstab', 'no-digest', 'shrink'] as const).find(
    (name) => flags[name],
  )
  if (flags.disk !== undefined) throw convertUsage('--live writes no base, which --disk is about')
  if (wrong !== undefined) throw convertUsage(`--live writes no base, which --${wrong} is about`)
  const target = targetOf(flags, '--live')
  const url = flags['root-url']
  if (url !== undefined && !/^https?:\/\/[^\s"]+$/.test(url))
    throw convertUsage(`--root-url needs an http(s) address, and "${url}" is none`)
  if (url !== undefined && flags.verity)
    throw convertUsage('--verity needs the root image in the ramdisk, and --root-url puts it elsewhere')
  const { boot: wishes, open } = conversionOptions(flags, signal)
  await using planned = await planLiveImage(location, {
    boot: wishes,
    ...(open && { open }),
    root: {
      place: url === undefined ? { in: 'ramdisk' } : { in: 'file', url },
      format: flags['root-format'] ?? 'squashfs',
      check: flags.verity ? 'verity' : 'none',
    },
    signal,
  })
  for (const line of planLines(planned)) output.say(line)
  const { about, plan } = planned.job
  if (target === undefined || flags['dry-run']) {
    await tellTarget(target, liveNames(planned.job, flags), output)
    const { compression, from, root } = plan
    const { boot, changes, warnings } = about
    const document: ConversionPlanDocument = {
      schema: 'anneal.conversion-plan/1',
      live: { format: root.format, compression, from, ...(url !== undefined && { url }) },
      boot,
      changes,
      warnings,
    }
    output.data(document, () => boot.commandLine)
    return EXIT.ok
  }
  const made = await writeLiveImage(planned, target, {
    signal,
    onProgress: treeTeller(output),
  })
  output.say(doneLine(made, performance.now() - startedAt))
  const memoryMib = memoryOf(made)
  if (memoryMib !== undefined)
    output.say(`a machine needs ${memoryMib} MiB of memory for it, and what its programs take`)
  for (const text of made.warnings.slice(about.warnings.length)) output.say(`warning: ${text}`)
  output.data(made, () => describeBootFile(made, target.directory))
  return EXIT.ok
}

function planLines({ boots, job }: PlannedLive): readonly string[] {
  const { about, plan } = job
  const { place, format, check } = plan.root
  const where = place.in === 'ramdisk' ? 'in the ramdisk' : `fetched from ${place.url}`
  return [
    `boots ${boots}`,
    `root image is ${plan.from.join(', ')}: ${format} (${plan.compression})${check === 'verity' ? ' with a hash tree' : ''}, ${where}`,
    ...about.changes.map(({ file, what, reason }) => `${file}: ${what}\n  because ${reason}`),
    ...about.warnings.map((text) => `warning: ${text}`),
  ]
}

function memoryOf({ live, ramdisk }: BootFile): number | undefined {
  if (live === undefined || ramdisk === undefined) return undefined
  return liveMemoryMib({ ramdisk, live })
}

function doneLine({ live }: BootFile, tookMs: number): string {
  const took = `done in ${formatDuration(tookMs)}`
  if (live === undefined) return took
  const { nodes, contentBytes, sizeBytes } = live
  return `${took}: ${nodes} files with ${formatBytes(contentBytes)} became ${formatBytes(sizeBytes)}`
}
