import { checkNames, conversionTools, openOutputFolder } from '../../../adapters/convert/index.ts'
import type { BaseFormat, BootFile } from '../../../contract/index.ts'
import { ipxeScript } from '../../../image/convert/index.ts'
import { convertImage as convert, dataBytesIn, storeBoot, streamBase } from '../../../runtime/image/index.ts'
import type { Converted, ConvertProgress } from '../../../runtime/image/index.ts'
import { storedBytes } from './open-boot.ts'
import { planConversion } from './plan-conversion.ts'
import { shrinkBase } from './shrink-base.ts'
import type { ConversionOptions, PlannedBootFiles, PlannedConversion } from './plan-conversion.ts'

/** Where the results of a conversion go. */
export type ConversionTarget = Readonly<{
  /** It is made where it is not there. Nothing lies in it under its name before all of it is there. */
  directory: string
  /** Whether results that are there already are replaced. */
  existing: 'refuse' | 'replace'
  /** Also write boot.ipxe, which boots the results. Default: no. */
  ipxe?: boolean
}>

export type BaseTarget = ConversionTarget &
  Readonly<{
    /** Of the base; raw is sparse. */
    format: BaseFormat
  }>

export type WriteControl = Readonly<{
  /** Bytes of the base that are in use. */
  onProgress?: (progress: ConvertProgress) => void
  signal: AbortSignal
}>

/** What a conversion writes into its directory. */
export type ResultNames = readonly string[]

export function baseNames({ format, ipxe = false }: Pick<BaseTarget, 'format' | 'ipxe'>): ResultNames {
  const base = BASE_NAMES[format]
  return [base, `${base}.bmap`, ...bootNames({ ipxe })]
}

export function bootNames({ ipxe = false }: Pick<ConversionTarget, 'ipxe'>): ResultNames {
  return ['kernel', 'ramdisk', ...(ipxe ? ['boot.ipxe'] : []), 'boot.json']
}

/** What a dry run can say of where the results would go. Changes nothing. Throws OUTPUT_EXISTS. */
export function checkTarget({ directory, existing }: ConversionTarget, names: ResultNames): Promise<void> {
  return checkNames({ directory, names, existing })
}

const BASE_NAMES = { raw: 'base.raw', qcow2: 'base.qcow2', zstd: 'base.raw.zst' } as const

/** Plans a conversion and writes it: `planConversion` and `writeConversion` in one. */
export async function convertImage(
  location: string,
  options: ConversionOptions,
  target: BaseTarget,
  control: Omit<WriteControl, 'signal'> = {},
): Promise<Converted> {
  await using planned = await planConversion(location, options)
  return await writeConversion(planned, target, { ...control, signal: options.signal })
}

/**
 * Writes kernel, ramdisk, base, block map and boot.json. Whatever fails, or an abort, leaves nothing behind. Throws
 * OUTPUT_… and what the readers throw.
 */
export async function writeConversion(
  planned: PlannedConversion,
  { directory, existing, format, ipxe = false }: BaseTarget,
  { onProgress = () => undefined, signal }: WriteControl,
): Promise<Converted> {
  const { freeSpace, job, shrink } = planned
  const baseName = BASE_NAMES[format]
  const folder = await openOutputFolder({
    directory,
    names: baseNames({ format, ipxe }),
    existing,
    // A base that is shrunk is there twice for a moment.
    neededBytes: storedBytes(planned.conversion) + dataBytesIn(job) * (shrink === undefined ? 1 : 2),
    beforeCommit: planned.unchanged,
  })
  const world = { ...conversionTools(), folder }
  const options = {
    format,
    baseName,
    freeSpace,
    extraFiles: (made: BootFile) => (ipxe ? { 'boot.ipxe': ipxeOf(made) } : {}),
    onProgress,
  }
  if (shrink === undefined) return convert(world, planned.conversion, planned.job, options, signal)
  try {
    await using shrunk = await shrinkBase({ ...planned, shrink }, directory, onProgress, signal)
    return await convert(world, shrunk.conversion, shrunk.job, options, signal)
  } finally {
    await folder.discard()
  }
}

/** Writes kernel, ramdisk and boot.json. Whatever fails, or an abort, leaves nothing behind. Throws as `writeConversion`. */
export async function writeBootFiles(
  { files, unchanged }: PlannedBootFiles,
  { directory, existing, ipxe = false }: ConversionTarget,
  { signal }: Pick<WriteControl, 'signal'>,
): Promise<BootFile> {
  const folder = await openOutputFolder({
    directory,
    names: bootNames({ ipxe }),
    existing,
    neededBytes: storedBytes(files),
    beforeCommit: unchanged,
  })
  return storeBoot(
    { ...conversionTools(), folder },
    files,
    (stored) => (ipxe ? { 'boot.ipxe': ipxeOf(stored) } : {}),
    signal,
  )
}

/** The whole raw base from its first byte to its last. Zeros, too: a pipe has no holes. */
export async function* baseBytes(
  { job, unchanged }: PlannedConversion,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const zeros = new Uint8Array(job.chunkBytes)
  for await (const { bytes, lengthBytes } of streamBase(conversionTools().chunks, job, 'bytes', signal)) {
    yield bytes ?? zeros.subarray(0, lengthBytes)
  }
  await unchanged()
}

/** boot.ipxe of results that lie beside it. */
function ipxeOf({ boot, kernel, ramdisk }: BootFile): string {
  return ipxeScript(boot.commandLine, {
    kernel: kernel?.file ?? 'kernel',
    ...(ramdisk === undefined ? {} : { ramdisk: ramdisk.file }),
  })
}
