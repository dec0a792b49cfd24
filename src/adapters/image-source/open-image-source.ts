import { warningsOf } from '../../bytes/index.ts'
import type { ByteSource, ReaderWarning } from '../../bytes/index.ts'
import { isHttp } from './address.ts'
import { decompressPool } from './decompress-pool.ts'
import type { DecompressPool } from './decompress-pool.ts'
import { raise } from './errors.ts'
import { IMAGE_FINDINGS } from './findings.ts'
import { openFileSource } from './file-source.ts'
import type { FileSource } from './file-source.ts'
import type { HttpOptions } from './http-ranges.ts'
import { openHttpSource } from './http-source.ts'
import { otherFilesIn } from './other-files.ts'
import type { OpenOther } from './other-files.ts'
import { unwrapAll } from './unwrap-all.ts'
import type { UnwrapProgress } from './unwrap.ts'

const imageWarning = warningsOf(IMAGE_FINDINGS)

export type OpenImageOptions = Readonly<{
  /**
   * Where a compressed image is decompressed to. Files use TMPDIR or /var/tmp without it; from the network, it has to be
   * said: all of the image comes over the line.
   */
  temporaryDirectory?: string
  /** The only directory from which files that an image names are opened (qcow2, VMDK); without it, none are. */
  otherFilesDirectory?: string
  /** While a compressed image is decompressed. */
  onUnwrap?: (progress: UnwrapProgress) => void
  /** How many decompress clusters: as many as processors; with 0, whoever reads does it. */
  threads?: number
  http?: HttpOptions
  signal?: AbortSignal
}>

/** An image that is open, as it was given but for its wrapper: a disk or an image of one. Dispose of it when done. */
export type ImageSource = AsyncDisposable &
  Readonly<{
    source: ByteSource
    /** What it was packed in: `none`, `gzip`, `tar in gzip`. */
    wrapper: string
    decompress: Omit<DecompressPool, keyof AsyncDisposable>
    openOther?: OpenOther
    /** Throws IMAGE_FILE_CHANGED where one of its files was written since it was opened. */
    unchanged: () => Promise<void>
    warnings: readonly ReaderWarning[]
  }>

/**
 * Opens an image by path or http(s) address, for reading only: files, block devices, servers that know ranges; compressed
 * images and archives with one image by what they hold, whatever they are called. Throws IMAGE_… as errors.ts lists them.
 */
export async function openImageSource(
  location: string,
  options: OpenImageOptions = {},
): Promise<ImageSource> {
  const { signal, threads } = options
  await using stack = new AsyncDisposableStack()
  const remote = isHttp(location)
  const files: FileSource[] = []
  const used = (file: FileSource): FileSource => {
    files.push(file)
    return file
  }
  const plain: ByteSource = remote
    ? await openHttpSource(location, options.http, signal)
    : used(stack.use(await openFileSource(location)))
  const warnings: ReaderWarning[] = []
  for (const file of files)
    if (await file.isInUse())
      warnings.push(imageWarning('IMAGE_IN_USE', `QEMU has ${file.name} open for writing`))
  const decompress = stack.use(decompressPool(threads === undefined ? {} : { threads }))
  const { source, wrappers } = await unwrapAll(plain, unwrapOptions, (opened) => stack.use(opened))
  const wrapper = wrappers.length === 0 ? 'none' : wrappers.toReversed().join(' in ')
  const { otherFilesDirectory } = options
  const kept = stack.move()
  const openOther =
    otherFilesDirectory === undefined
      ? {}
      : { openOther: otherFilesIn(otherFilesDirectory, decompress, (opened) => used(kept.use(opened))) }
  return {
    source,
    wrapper,
    decompress,
    ...openOther,
    warnings,
    async unchanged() {
      for (const file of files) await file.unchanged()
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }

  function unwrapOptions(packed: string) {
    const named = options.temporaryDirectory
    if (remote && named === undefined) {
      throw raise('IMAGE_NEEDS_TEMPORARY', { path: plain.name, wrapper: packed })
    }
    const { onUnwrap } = options
    return {
      directory: named ?? process.env['TMPDIR'] ?? '/var/tmp',
      ...(onUnwrap === undefined ? {} : { onProgress: onUnwrap }),
      ...(signal === undefined ? {} : { signal }),
    }
  }
}
