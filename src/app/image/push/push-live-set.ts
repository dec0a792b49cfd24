import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { conversionTools, openScratch } from '../../../adapters/convert/index.ts'
import { openFileSource } from '../../../adapters/image-source/index.ts'
import { systemClock } from '../../../adapters/system/index.ts'
import type { ByteSource } from '../../../bytes/index.ts'
import type { ImageStore } from '../../../ports/index.ts'
import { pushImage as push } from '../../../runtime/image/push/index.ts'
import type { Pushed, PushSource } from '../../../runtime/image/push/index.ts'
import { raise } from '../../errors.ts'
import { editedLine, openLiveFiles } from '../boot-set/index.ts'
import { plainName } from './plain-name.ts'
import type { PushControl, PushOptions } from './push-image.ts'

export type LivePushOptions = Pick<
  PushOptions,
  'name' | 'visibility' | 'protection' | 'properties' | 'mode' | 'signal'
> &
  Readonly<{ addedArguments: readonly string[]; deletedArguments: readonly string[] }>

/** Whether a location is a directory that `anneal image convert` wrote. */
export async function isBootSet(location: string): Promise<boolean> {
  return stat(join(location, 'boot.json')).then(
    (found) => found.isFile(),
    () => false,
  )
}

/**
 * Puts a live set into a store: its kernel, its ramdisk, and its boot.json as the image that names them. Throws BOOT_SET_NOT_LIVE,
 * DEPLOY_IMAGE_SET, PUSH_….
 */
export async function pushLiveSet(
  store: ImageStore,
  directory: string,
  options: LivePushOptions,
  { onWarning = () => undefined, onStep = () => undefined }: PushControl = {},
): Promise<Pushed> {
  const { visibility = 'private', protection = 'open', mode = 'apply', properties = {}, signal } = options
  await using stack = new AsyncDisposableStack()
  const files = await openLiveFiles(directory)
  if (files === undefined) throw raise('BOOT_SET_NOT_LIVE', { directory })
  const { set, memoryMib } = stack.use(files)
  const about = stack.use(await openFileSource(join(directory, 'boot.json')))
  for (const text of set.warnings) onWarning(text)
  const { url } = set.live
  if (files.rootImage !== undefined)
    onWarning(`the root image is not pushed: machines fetch it from ${url}, without a token`)
  const { commandLine, os = {} } = set.boot
  const source: PushSource = {
    kernel: fileOf('kernel', files.kernel),
    ramdisk: fileOf('ramdisk', files.ramdisk),
    base: { holds: 'live', pieces: [], patches: [] },
    about: {
      source: { name: set.source?.name ?? '' },
      boot: { commandLine: editedLine(commandLine, options), os },
    },
  }
  const used = { offsetBytes: 0, lengthBytes: about.size, kind: 'data' } as const
  return await push(
    { ...conversionTools(), store, clock: systemClock, scratch: () => openScratch(undefined) },
    source,
    {
      base: about,
      sizeBytes: about.size,
      chunkBytes: about.size,
      chunks: [{ offsetBytes: 0, lengthBytes: about.size, used: [used] }],
    },
    {
      name: options.name ?? `${plainName(source.about.source.name)}-live`,
      containerFormat: 'ami',
      diskFormat: 'raw',
      compression: 'zstd',
      visibility,
      protection,
      properties,
      mode,
      leastMemoryMib: memoryMib,
    },
    onStep,
    signal,
  )
}

function fileOf(name: string, source: ByteSource): NonNullable<PushSource['kernel']> {
  return { name, from: [{ path: name, source }] }
}
