import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { ROOT_IMAGE_URL, rootImageUrl } from '../../conductor/index.ts'
import { formatKernelCommandLine, kernelArgument, parseKernelCommandLine } from '../../core/index.ts'
import type { LiveSet, LiveSetRequest, OpenLiveSet } from '../../ports/index.ts'
import { raise } from '../errors.ts'
import { editedLine, openLiveFiles } from '../image/boot-set/index.ts'
import type { LiveFiles } from '../image/boot-set/index.ts'
import { architectureOfKernel } from './boot-pairs.ts'
import { fileIdentity } from './deploy-image-of.ts'

/**
 * Opens what `anneal image convert --live` wrote. A root image that is a file of its own has the conductor’s address on the command
 * line, in place of that which it was made with.
 */
export const openLiveSet: OpenLiveSet = async (request) => {
  const { location, signal } = request
  await using stack = new AsyncDisposableStack()
  const { set, kernel, ramdisk, rootImage, paths, memoryMib } = stack.use(await filesAt(location))
  const architecture = await architectureOfKernel(kernel)
  const identity = createHash('sha256')
  for (const path of paths) identity.update(`${await fileIdentity(path)}\n`)
  signal.throwIfAborted()
  const kept = stack.move()
  return {
    boot: {
      kernel,
      ramdisk,
      ...(rootImage && { rootImage }),
      commandLine: commandLineOf(set, request),
      identity: identity.digest('hex'),
    },
    ...(architecture && { architecture }),
    memoryMib,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  } satisfies LiveSet
}

async function filesAt(image: string): Promise<LiveFiles> {
  const wrong = (why: string): Error => raise('DEPLOY_IMAGE_FORM', { image, form: 'live', why })
  const found = await stat(image).catch(() => undefined)
  if (found?.isDirectory() !== true)
    throw wrong('it is no directory that `anneal image convert --live` wrote, on the conductor’s machine')
  const files = await openLiveFiles(image)
  if (files !== undefined) return files
  throw wrong('the set has no root image that runs from memory')
}

/** Who names another root by `--karg` gets that one. */
function commandLineOf({ boot, live }: LiveFiles['set'], request: LiveSetRequest): string {
  const { arguments: present, init } = parseKernelCommandLine(editedLine(boot.commandLine, request))
  const all = present.map((one) =>
    one.text === `root=live:${live.url}`
      ? kernelArgument('root', `live:${rootImageUrl(ROOT_IMAGE_URL, live.format)}`)
      : one,
  )
  return formatKernelCommandLine({ arguments: all, init })
}
