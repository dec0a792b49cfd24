import { createHash, randomUUID } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { clipExtents } from '../../bytes/index.ts'
import type { ByteSource, Patch } from '../../bytes/index.ts'
import type { DeployImage, DeployImageRequest } from '../../ports/index.ts'
import { joinedFile } from '../../runtime/image/index.ts'
import type { OpenedConversion } from '../image/convert/index.ts'
import { firmwaresOf, partitionOf, sectorsOfBase, sectorsOfDisk, tableOf } from './deploy-facts.ts'
import { holds } from './holds.ts'

/** What machines are deployed from, of an image or of the base of a boot set. The image belongs to it. */
export async function deployImageOf(
  opened: OpenedConversion,
  location: string,
  form: DeployImage['form'],
): Promise<DeployImage> {
  await using stack = new AsyncDisposableStack()
  const { base, conversion, opened: found } = stack.use(opened)
  const { kernel, ramdisk, about } = conversion
  const { disk: stackNode, inventory } = found
  const disk = sourceOf(conversion)
  const common = {
    form,
    disk,
    identity: await imageIdentity(location, `${form} ${conversion.base.from}`, conversion.base.patches),
    warnings: about.warnings,
  }
  const ofDisk = {
    ...common,
    sectorSizesBytes: sectorsOfDisk(stackNode),
    table: tableOf(stackNode),
    firmwares: firmwaresOf(inventory),
  }
  const ofTrio = {
    ...common,
    sectorSizesBytes: sectorsOfBase(base, stackNode),
    partition: partitionOf(base),
    firmwares: [],
    ...(kernel && {
      boot: {
        kernel: joinedFile(kernel),
        ...(ramdisk && {
          ramdisk: joinedFile(ramdisk),
        }),
        commandLine: about.boot.commandLine,
      },
    }),
  }
  const kept = stack.move()
  return { ...(form === 'trio' ? ofTrio : ofDisk), ...holds(disk.name, () => kept.disposeAsync()) }
}

export function conversionOptions({ temporaryDirectory, signal }: DeployImageRequest): Readonly<{
  open: Readonly<{ temporaryDirectory?: string }>
  signal: AbortSignal
}> {
  return {
    open: temporaryDirectory === undefined ? {} : { temporaryDirectory },
    signal: signal ?? new AbortController().signal,
  }
}

/** What is deployed, with all that is known of what it holds: by the image, by volumes, by file systems. */
function sourceOf({ base: { source }, extents }: OpenedConversion['conversion']): ByteSource {
  return {
    size: source.size,
    name: source.name,
    read: source.read.bind(source),
    ...(source.places && { places: source.places.bind(source) }),
    extents: (offset, length, signal) =>
      clipExtents(extents(signal ?? new AbortController().signal, 'all'), offset, length),
  }
}

/**
 * What tells the bytes of one base from those of another: the file as it is now, the part of it, and what is changed. What comes
 * over the network may be something else each time: every opening has an identity of its own.
 */
async function imageIdentity(location: string, part: string, patches: readonly Patch[]): Promise<string> {
  const hash = createHash('sha256').update(`${await fileIdentity(location)}\n${part}\n`)
  for (const { offsetBytes, bytes } of patches) hash.update(`${offsetBytes} ${bytes.length}\n`).update(bytes)
  return hash.digest('hex')
}

/** The file as it is now; of what comes over the network another one each time. */
export async function fileIdentity(location: string): Promise<string> {
  if (/^https?:/i.test(location)) return randomUUID()
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(location, { bigint: true })
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
}
