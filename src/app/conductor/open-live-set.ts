import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { openFileSource } from '../../adapters/image-source/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { ROOT_IMAGE_URL, liveMemoryMib, rootImageUrl } from '../../conductor/index.ts'
import type { BootSet } from '../../contract/index.ts'
import { formatKernelCommandLine, kernelArgument, parseKernelCommandLine } from '../../core/index.ts'
import type { LiveSet, LiveSetRequest, OpenLiveSet } from '../../ports/index.ts'
import { raise } from '../errors.ts'
import { architectureOfKernel } from './boot-pairs.ts'
import { fileIdentity } from './deploy-image-of.ts'
import { editedLine, fileOf, readSet, requireSize } from './open-boot-set.ts'

/**
 * Opens what `anneal image convert --live` wrote. A root image that is a file of its own has the conductor’s address on the command
 * line, in place of that which it was made with.
 */
export const openLiveSet: OpenLiveSet = async (request) => {
  const { location, signal } = request
  const set = await setAt(location)
  const { live, kernel, ramdisk } = set
  if (live === undefined || kernel === undefined || ramdisk === undefined)
    throw wrong(location, 'the set has no root image that runs from memory')
  const isInRamdisk = live.file === ramdisk.file
  await using stack = new AsyncDisposableStack()
  const open = async ({
    file,
    sizeBytes,
  }: Readonly<{ file: string; sizeBytes: number }>): Promise<ByteSource> => {
    const source = stack.use(await openFileSource(fileOf(location, file)))
    requireSize(location, file, source.size, sizeBytes)
    return source
  }
  const files = { kernel: await open(kernel), ramdisk: await open(ramdisk) }
  const rootImage = isInRamdisk ? undefined : await open(live)
  const architecture = await architectureOfKernel(files.kernel)
  const identity = createHash('sha256')
  for (const { file } of [kernel, ramdisk, ...(isInRamdisk ? [] : [live])])
    identity.update(`${await fileIdentity(fileOf(location, file))}\n`)
  signal.throwIfAborted()
  const kept = stack.move()
  return {
    boot: {
      ...files,
      ...(rootImage && { rootImage }),
      commandLine: commandLineOf(set, request),
      identity: identity.digest('hex'),
    },
    ...(architecture && { architecture }),
    memoryMib: liveMemoryMib({
      ramdiskBytes: ramdisk.sizeBytes,
      rootImageBytes: isInRamdisk ? 0 : live.sizeBytes,
    }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  } satisfies LiveSet
}

async function setAt(location: string): Promise<BootSet> {
  const found = await stat(location).catch(() => undefined)
  if (found?.isDirectory() === true) return readSet(location)
  throw wrong(
    location,
    'it is no directory that `anneal image convert --live` wrote, on the conductor’s machine',
  )
}

function wrong(image: string, why: string): Error {
  return raise('DEPLOY_IMAGE_FORM', { image, form: 'live', why })
}

/** Who names another root by `--karg` gets that one. */
function commandLineOf({ boot, live }: BootSet, request: LiveSetRequest): string {
  const { arguments: present, init } = parseKernelCommandLine(editedLine(boot.commandLine, request))
  const { url, format = 'squashfs' } = live ?? {}
  const all = present.map((one) =>
    one.text === `root=live:${url}`
      ? kernelArgument('root', `live:${rootImageUrl(ROOT_IMAGE_URL, format)}`)
      : one,
  )
  return formatKernelCommandLine({ arguments: all, init })
}
