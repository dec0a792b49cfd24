import type { CompressionType } from '../../../formats/qcow2/index.ts'
import { conversionTools, openScratch } from '../../../adapters/convert/index.ts'
import { systemClock } from '../../../adapters/system/index.ts'
import type { ImageStore, Visibility } from '../../../ports/index.ts'
import { pushImage as push } from '../../../runtime/image/push/index.ts'
import type { Pushed, PushStep } from '../../../runtime/image/push/index.ts'
import { plainName } from './plain-name.ts'
import { convertContainer, planConversion } from '../convert/index.ts'
import type { ContainerDiskOptions, ConversionOptions } from '../convert/index.ts'

export type PushOptions = Omit<ConversionOptions, 'freeSpace'> &
  Readonly<{
    /** Of a container image: the file system that is made of it, in the directory for temporary files. */
    disk?: Pick<ContainerDiskOptions, 'type' | 'rootBytes'>
    /** Of the base in the store. Default: that of the file, without what says how it is packed. */
    name?: string
    /**
     * Of the base. `qcow2`: its used blocks alone, compressed. `ami` is for a base with kernel and ramdisk; some Ironics refuse to
     * deploy it. Default: `qcow2` for a whole disk, else `raw`.
     */
    diskFormat?: 'raw' | 'qcow2' | 'ami'
    /** Of a qcow2. Zstandard needs QEMU 5.1 where the image is used. Default: `zstd`. */
    compression?: CompressionType
    /** Default: `private`. */
    visibility?: Visibility
    /** `protected`: nobody can remove the images by mistake. Default: `open`. */
    protection?: 'protected' | 'open'
    /** Of the base, as `checkProperties` lets them pass. */
    properties?: Readonly<Record<string, string>>
    /** `plan`: nothing in the store changes. Default: `apply`. */
    mode?: 'apply' | 'plan'
  }>

export type PushControl = Readonly<{
  /** What is to be known of the conversion. Nothing has been sent yet. */
  onWarning?: (text: string) => void
  onStep?: (step: PushStep) => void
}>

/**
 * Converts an image straight into a store: kernel, ramdisk and base, the base last. What the store has already is not sent
 * again; only a qcow2 lies in a temporary file in between. Throws PUSH_…, and what the conversion throws.
 */
export async function pushImage(
  store: ImageStore,
  location: string,
  options: PushOptions,
  control: PushControl = {},
): Promise<Pushed> {
  const { visibility = 'private', protection = 'open', mode = 'apply', compression = 'zstd' } = options
  const onWarning = control.onWarning ?? (() => undefined)
  await using planned =
    options.disk === undefined
      ? await planConversion(location, options)
      : await convertContainer(location, { ...options, ...options.disk }, onWarning)
  const { conversion, job } = planned
  if (options.disk === undefined) for (const text of conversion.about.warnings) onWarning(text)
  const wholeDisk = options.what === 'disk'
  return await push(
    {
      ...conversionTools(),
      store,
      clock: systemClock,
      scratch: () => openScratch(options.open?.temporaryDirectory),
    },
    conversion,
    job,
    {
      name: options.name ?? plainName(conversion.about.source.name),
      containerFormat: wholeDisk ? 'bare' : 'ami',
      diskFormat: options.diskFormat ?? (wholeDisk ? 'qcow2' : 'raw'),
      compression,
      visibility,
      protection,
      properties: options.properties ?? {},
      mode,
    },
    control.onStep ?? (() => undefined),
    options.signal,
  )
}
