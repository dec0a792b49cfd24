import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { openFileSource } from '../../adapters/image-source/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { decodeBootSet } from '../../contract/index.ts'
import type { BootSet } from '../../contract/index.ts'
import { editKernelArguments, formatKernelCommandLine, parseKernelCommandLine } from '../../core/index.ts'
import type { DeployImage, DeployImageRequest } from '../../ports/index.ts'
import { raise } from '../errors.ts'
import { openConversion } from '../image/convert/index.ts'
import { conversionOptions, deployImageOf } from './deploy-image-of.ts'

/** What `anneal image convert` wrote into a directory. Throws DEPLOY_IMAGE_FORM, DEPLOY_IMAGE_SET and DOCUMENT_INVALID. */
export async function openBootSet(request: DeployImageRequest): Promise<DeployImage> {
  const { location, form, addedArguments, deletedArguments, signal } = request
  const set = await readSet(location)
  const { base, kernel, ramdisk, boot, warnings } = set
  const wrong = (why: string): Error => raise('DEPLOY_IMAGE_FORM', { image: location, form, why })
  if (set.live !== undefined) throw wrong('the set is a live image, which runs from memory: `--form live`')
  if (base === undefined) throw wrong('the set has no base')
  if (form === 'wholeDisk' && kernel !== undefined)
    throw wrong('the set is of kernel, ramdisk and root, not of a whole disk')
  if (form === 'trio' && kernel === undefined) throw wrong('the set is of a whole disk, without a kernel')
  const path = fileOf(location, base.file)
  const edits = form === 'wholeDisk' ? { kargs: addedArguments, deleteKargs: deletedArguments } : {}
  await using stack = new AsyncDisposableStack()
  const opened = await openConversion(path, { ...conversionOptions(request), what: 'disk', boot: edits })
  const image = stack.use(await deployImageOf(opened, path, form))
  requireSize(location, base.file, image.disk.size, base.sizeBytes)
  if (kernel === undefined) {
    stack.move()
    return image
  }
  const open = async ({
    file,
    sizeBytes,
  }: Readonly<{ file: string; sizeBytes: number }>): Promise<ByteSource> => {
    const source = stack.use(await openFileSource(fileOf(location, file)))
    requireSize(location, file, source.size, sizeBytes)
    return source
  }
  const files = {
    kernel: await open(kernel),
    ...(ramdisk && { ramdisk: await open(ramdisk) }),
    commandLine: editedLine(boot.commandLine, request),
  }
  signal?.throwIfAborted()
  const all = stack.move()
  return { ...image, boot: files, warnings, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** The command line of a set with what a deployment adds to it and takes off. */
export function editedLine(
  commandLine: string,
  { addedArguments, deletedArguments }: Pick<DeployImageRequest, 'addedArguments' | 'deletedArguments'>,
): string {
  const { arguments: present, init } = parseKernelCommandLine(commandLine)
  const { kept, appended } = editKernelArguments(present, {
    append: addedArguments,
    delete: deletedArguments,
  })
  return formatKernelCommandLine({ arguments: [...kept, ...appended], init })
}

/** Throws DEPLOY_IMAGE_SET and DOCUMENT_INVALID. */
export async function readSet(directory: string): Promise<BootSet> {
  try {
    return decodeBootSet(await readFile(join(directory, 'boot.json'), 'utf8'))
  } catch (error) {
    if (error instanceof Error && 'syscall' in error)
      throw raise(
        'DEPLOY_IMAGE_SET',
        { directory, why: `its boot.json cannot be read: ${error.message}` },
        error,
      )
    throw error
  }
}

/** Files of a set lie beside boot.json. Throws DEPLOY_IMAGE_SET. */
export function fileOf(directory: string, file: string): string {
  if (file !== basename(file) || file === '' || file === '.' || file === '..')
    throw raise('DEPLOY_IMAGE_SET', { directory, why: `"${file}" is no file beside boot.json` })
  return join(directory, file)
}

export function requireSize(directory: string, file: string, foundBytes: number, saidBytes: number): void {
  if (foundBytes === saidBytes) return
  const why = `"${file}" has ${foundBytes} bytes, and boot.json says ${saidBytes}`
  throw raise('DEPLOY_IMAGE_SET', { directory, why })
}
