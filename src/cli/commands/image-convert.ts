import { baseBytes, baseNames, planConversion, writeConversion } from '../../app/image/convert/index.ts'
import type { PlannedConversion } from '../../app/image/convert/index.ts'
import { EXIT, formatBytes, formatDuration } from '../../core/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS, DRY_RUN_FLAG } from '../common-flags.ts'
import { CONVERSION_FLAGS, conversionOptions } from '../conversion-flags.ts'
import { DISK_FLAGS, diskWishes } from '../disk-flags.ts'
import { progressTeller } from '../progress-teller.ts'
import { baseTargetOf, convertUsage, tellTarget } from '../conversion-target.ts'
import { convertBootOnly } from '../convert-boot-only.ts'
import { convertDisk } from '../convert-disk.ts'
import { convertLive } from '../convert-live.ts'
import { describeBootFile } from '../describe-boot-file.ts'

export const imageConvert = command({
  path: ['image', 'convert'],
  summary: 'Convert a disk image into a kernel, a ramdisk, a base image and boot.json',
  operands: 'IMAGE',
  count: { min: 1, max: 1 },
  flags: {
    output: {
      kind: 'text',
      short: 'o',
      placeholder: 'DIR',
      help: 'Write the results to DIR. With - write only the base image, raw, to standard output',
    },
    format: {
      kind: 'choice',
      values: ['raw', 'qcow2', 'zstd'],
      default: 'raw',
      help: 'Write the base image in this format; raw is sparse',
    },
    'boot-only': {
      kind: 'switch',
      help: 'Write kernel, ramdisk and boot.json only; this reads little of the image',
      flagOnly: true,
    },
    live: {
      kind: 'switch',
      help: 'Write a live image instead of a base: the system runs from memory, without a disk. It needs mksquashfs 4.5 or newer, or mkfs.erofs 1.8 or newer',
      flagOnly: true,
    },
    'root-url': {
      kind: 'text',
      placeholder: 'URL',
      help: 'With --live: write root.squashfs as a file that machines fetch from URL; without it, the ramdisk holds it',
      flagOnly: true,
    },
    'root-format': {
      kind: 'choice',
      values: ['squashfs', 'erofs'],
      help: 'With --live: make the root image in this format (default: squashfs); the kernel of the image has to read it',
      flagOnly: true,
    },
    verity: {
      kind: 'switch',
      help: 'With --live: write a hash tree of dm-verity behind the root image, and its root hash on the command line. It needs initramfs-tools and dmsetup in the image',
      flagOnly: true,
    },
    shrink: {
      kind: 'switch',
      help: 'Shrink the base to its used space and some room (ext2, ext3, ext4); needs resize2fs. boot.json names what grows it at the first boot',
      flagOnly: true,
    },
    ...DISK_FLAGS,
    exact: {
      kind: 'switch',
      help: 'Copy free space as it is in the image, instead of leaving it out',
      flagOnly: true,
    },
    'no-digest': {
      kind: 'switch',
      help: 'Do not compute digests of the base: faster, but the base cannot be verified later',
      flagOnly: true,
    },
    ipxe: {
      kind: 'switch',
      help: 'Write boot.ipxe as well, an iPXE script that boots the results',
      flagOnly: true,
    },
    force: { kind: 'switch', help: 'Replace results of an earlier conversion in DIR', flagOnly: true },
    ...CONVERSION_FLAGS,
    ...DRY_RUN_FLAG,
    ...COMMON_FLAGS,
  },
  details:
    'IMAGE is a file or an http(s) address of a raw, qcow2, VMDK, VDI, VHD or VHDX image, also compressed; with --boot-only, --live or --disk also a container image, as `anneal image inspect` takes it. Any user who can read it can convert it: the command needs no root, mounts nothing and never writes to the image.\nThe base image is the root file system (or the whole disk, with --whole-disk). Free space of file systems and volume groups is left out, unless --exact is given.\nExit codes: 0, all is written. 1, it could not be. 4, the image or the directory is refused.',
  async run({ flags, args, output, signal }) {
    if (flags.live) return convertLive(args[0] ?? '', flags, output, signal)
    const ofLive = (['root-url', 'root-format', 'verity'] as const).find((name) => flags[name])
    if (ofLive !== undefined) throw convertUsage(`--${ofLive} is about --live`)
    if (flags.disk !== undefined) return convertDisk(args[0] ?? '', flags, output, signal)
    diskWishes('anneal image convert', flags)
    if (flags['boot-only']) return convertBootOnly(args[0] ?? '', flags, output, signal)
    const startedAt = performance.now()
    const wrong = (['whole-disk', 'exact'] as const).find((name) => flags.shrink && flags[name])
    if (wrong !== undefined) throw convertUsage(`--shrink and --${wrong} contradict each other`)
    if (flags.shrink && flags.output === '-') throw convertUsage('--shrink needs a directory (-o DIR)')
    const target = baseTargetOf(flags)
    await using planned = await planConversion(args[0] ?? '', {
      ...conversionOptions(flags, signal),
      freeSpace: flags.exact ? 'exact' : 'skip',
      digests: flags['no-digest'] ? 'none' : 'make',
      size: flags.shrink ? 'shrink' : 'keep',
    })
    const { conversion, job, usedBytes } = planned
    for (const line of planLines(planned)) output.say(line)
    if (flags['dry-run']) {
      await tellTarget(target, baseNames(flags), output)
      const { changes, warnings, boot } = conversion.about
      const base = { sizeBytes: job.sizeBytes, usedBytes, from: conversion.base.from }
      output.data(
        { schema: 'anneal.conversion-plan/1', base, boot, changes, warnings },
        () => boot.commandLine,
      )
      return EXIT.ok
    }
    if (target === undefined) {
      await output.bytes(baseBytes(planned, signal))
      return EXIT.ok
    }
    const { boot, readBytes, writtenBytes } = await writeConversion(
      planned,
      { ...target, format: flags.format },
      { onProgress: progressTeller(output, startedAt), signal },
    )
    const took = performance.now() - startedAt
    output.say(
      `done in ${formatDuration(took)}: ${formatBytes(readBytes)} read, ${formatBytes(writtenBytes)} written`,
    )
    output.data(boot, () => describeBootFile(boot, target.directory))
    return EXIT.ok
  },
})

function planLines({ boots, conversion, job, usedBytes, shrink }: PlannedConversion): readonly string[] {
  const { changes, warnings } = conversion.about
  return [
    ...(boots === undefined ? [] : [`boots ${boots.title === '' ? boots.id : boots.title} (${boots.id})`]),
    `base is ${conversion.base.from}: ${formatBytes(job.sizeBytes)}, of which ${formatBytes(usedBytes)} are in use`,
    ...(shrink === undefined
      ? []
      : [
          `base will be shrunk; ${shrink.growers.length === 0 ? 'nothing' : shrink.growers.map(({ by, where }) => `${by} (${where})`).join(', ')} grows it at the first boot`,
        ]),
    ...changes.map(({ file, what, reason }) => `${file}: ${what}\n  because ${reason}`),
    ...warnings.map((text) => `warning: ${text}`),
  ]
}
