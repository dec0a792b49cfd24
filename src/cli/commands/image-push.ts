import { checkProperties, isBootSet, pushImage } from '../../app/image/push/index.ts'
import { openStore } from '../../app/image/sets/index.ts'
import type { PushControl, Pushed, PushedImage, PushStep } from '../../app/image/push/index.ts'
import type { PushDocument } from '../../contract/index.ts'
import { EXIT, formatBytes, formatDuration } from '../../core/index.ts'
import { CLOUD_FLAGS, cloudOptions } from '../cloud-flags.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS, DRY_RUN_FLAG } from '../common-flags.ts'
import { CONVERSION_FLAGS, conversionOptions } from '../conversion-flags.ts'
import { DISK_FLAGS, diskWishes } from '../disk-flags.ts'
import { raise } from '../errors.ts'
import { pushToRegistry } from '../push-artifacts.ts'
import { pushLive } from '../push-live.ts'
import { stepTeller } from '../push-progress.ts'

export const imagePush = command({
  path: ['image', 'push'],
  summary: 'Upload kernel, ramdisk and base of a disk image to Glance or an OCI registry',
  operands: 'IMAGE [oci://REGISTRY/NAME:TAG]',
  count: { min: 1, max: 2 },
  flags: {
    name: {
      kind: 'text',
      placeholder: 'NAME',
      help: 'Name the base image in Glance; by default like the file',
    },
    ...CONVERSION_FLAGS,
    ...DISK_FLAGS,
    'disk-format': {
      kind: 'choice',
      values: ['raw', 'qcow2', 'ami'],
      help: 'Set the disk format of the base. qcow2 sends no free space and is the default of a whole disk. raw is the default of a base with kernel and ramdisk, because some versions of Ironic refuse ami',
    },
    compression: {
      kind: 'choice',
      values: ['zstd', 'zlib'],
      default: 'zstd',
      help: 'Compress the clusters of a qcow2 in this way; QEMU older than 5.1 reads only zlib',
    },
    visibility: {
      kind: 'choice',
      values: ['private', 'shared', 'community', 'public'],
      default: 'private',
      help: 'Choose who can see the images; an Ironic without Keystone sees only public ones',
    },
    protected: { kind: 'switch', help: 'Protect the images from removal' },
    property: {
      kind: 'list',
      placeholder: 'NAME=VALUE',
      help: 'Set a property of the base image; can be repeated',
    },
    ...DRY_RUN_FLAG,
    ...CLOUD_FLAGS,
    ...COMMON_FLAGS,
  },
  details:
    'Converts the image while it uploads. A directory of `image convert --live` is uploaded as it is: kernel, ramdisk, and its boot.json in place of a base. Only a qcow2 is written to a temporary file first (--temporary). Images that Glance already has are not uploaded again. An image gets its final name only after Glance’s digest of it matches what was sent.\nWith oci://REGISTRY/NAME:TAG the files become artifacts of that repository, each by its digest, as Ironic 29 and newer deploys them; the tag is set last. Logins are those of `podman login` and `docker login`.',
  async run({ flags, args, output, signal }) {
    const startedAt = performance.now()
    const properties = checkProperties(flags.property)
    const disk = diskWishes('anneal image push', flags)
    const options = {
      ...conversionOptions(flags, signal),
      ...(flags.name === undefined ? {} : { name: flags.name }),
      compression: flags.compression,
      properties,
      mode: flags['dry-run'] ? 'plan' : 'apply',
    } as const
    const [image = '', destination] = args
    const isSet = await isBootSet(image)
    if (!isSet && destination !== undefined && disk !== undefined) {
      const why = '--disk goes to Glance, and not to a registry'
      throw raise('USAGE', { command: 'anneal image push', why, help: 'anneal image push --help' })
    }
    if (!isSet && destination !== undefined)
      return pushToRegistry([image, destination], flags, options, output)
    const store = (): ReturnType<typeof openStore> => openStore(cloudOptions(flags))
    const wishes = {
      ...options,
      visibility: flags.visibility,
      protection: flags.protected ? 'protected' : 'open',
    } as const
    const control: PushControl = {
      onWarning: (text) => output.say(`warning: ${text}`),
      onStep: stepTeller(output, line),
    }
    const format = flags['disk-format'] === undefined ? {} : { diskFormat: flags['disk-format'] }
    const pushed = isSet
      ? await pushLive(store, image, destination, flags, wishes, control)
      : await pushImage(store(), image, { ...wishes, ...(disk && { disk }), ...format }, control)
    const tookMs = performance.now() - startedAt
    const sentBytes = pushed.images.reduce((sum, one) => sum + one.sentBytes, 0)
    const value: PushDocument = {
      schema: 'anneal.push/1',
      dryRun: flags['dry-run'],
      ...pushed,
      sentBytes,
      tookMs,
    }
    output.data(value, () => summary(pushed, sentBytes, tookMs))
    return EXIT.ok
  },
})

function line(step: Exclude<PushStep, { event: 'sent' | 'packed' }>): string {
  switch (step.event) {
    case 'removed':
      return `removed ${step.id} "${step.name}", which an interrupted push had left`
    case 'busy':
      return `left ${step.id} "${step.name}" alone: another push may be at it (\`anneal image prune\` removes it later)`
    case 'image':
      return imageLine(step)
  }
}

function imageLine({ role, name, id, outcome, sizeBytes, sentBytes, tookMs }: PushedImage): string {
  const told = `${role.padEnd(7)}  ${id ?? '-'}  ${name}  ${formatBytes(sizeBytes)}  ${outcome}`
  if (outcome !== 'uploaded') return told
  return `${told} in ${formatDuration(tookMs)} (${formatBytes(Math.round(sentBytes / Math.max(0.001, tookMs / 1000)))}/s)`
}

function summary({ images, set }: Pushed, sentBytes: number, tookMs: number): string {
  const did =
    sentBytes > 0
      ? `${formatBytes(sentBytes)} sent in ${formatDuration(tookMs)}`
      : images.every(({ outcome }) => outcome === 'kept')
        ? 'nothing was uploaded: Glance has all of it'
        : 'nothing was changed'
  return [`${images.at(-1)?.id ?? '-'}  ${images.at(-1)?.name ?? ''}  set ${set}`, did].join('\n')
}
