import { clipExtents, mapped } from '../../bytes/index.ts'
import type { ByteSource, Piece } from '../../bytes/index.ts'
import type { DeployImage, DeployImageRequest } from '../../ports/index.ts'
import type { OpenedConversion } from '../image/convert/index.ts'
import { firmwaresOf, partitionOf, sectorsOfBase, sectorsOfDisk, tableOf } from './deploy-facts.ts'
import { holds } from './holds.ts'
import { imageIdentity } from './image-identity.ts'

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
        kernel: joined(
          kernel.from.map(({ source }) => source),
          'kernel',
        ),
        ...(ramdisk && {
          ramdisk: joined(
            ramdisk.from.map(({ source }) => source),
            'ramdisk',
          ),
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

/** Archives one behind the other, each at a multiple of four bytes, as the kernel takes them (initramfs-buffer-format). */
function joined(sources: readonly ByteSource[], name: string): ByteSource {
  const [only] = sources
  if (sources.length === 1 && only !== undefined) return only
  const pieces = sources.flatMap((source, index): readonly Piece[] => {
    const padding = index === sources.length - 1 ? 0 : (4 - (source.size % 4)) % 4
    return [
      { lengthBytes: source.size, source, sourceOffsetBytes: 0 },
      ...(padding === 0 ? [] : [{ lengthBytes: padding, hole: 'zero' } as const]),
    ]
  })
  return mapped(pieces, name)
}
