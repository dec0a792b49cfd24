import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { openFileSource } from '../../../adapters/image-source/index.ts'
import type { ByteSource } from '../../../bytes/index.ts'
import { decodeBootSet } from '../../../contract/index.ts'
import type { BootSet } from '../../../contract/index.ts'
import { editKernelArguments, formatKernelCommandLine, parseKernelCommandLine } from '../../../core/index.ts'
import { raise } from '../../errors.ts'

/** The command line of a set with what is added to it and taken off. Throws KERNEL_ARGUMENT_…. */
export function editedLine(
  commandLine: string,
  edits: Readonly<{ addedArguments: readonly string[]; deletedArguments: readonly string[] }>,
): string {
  const { arguments: present, init } = parseKernelCommandLine(commandLine)
  const { kept, appended } = editKernelArguments(present, {
    append: edits.addedArguments,
    delete: edits.deletedArguments,
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

/** Opens a file of a set. Throws DEPLOY_IMAGE_SET where it has another size than boot.json says. */
export async function openSetFile(
  directory: string,
  { file, sizeBytes }: Readonly<{ file: string; sizeBytes: number }>,
): Promise<ByteSource & AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const source = stack.use(await openFileSource(fileOf(directory, file)))
  requireSize(directory, file, source.size, sizeBytes)
  stack.move()
  return source
}

export function requireSize(directory: string, file: string, foundBytes: number, saidBytes: number): void {
  if (foundBytes === saidBytes) return
  const why = `"${file}" has ${foundBytes} bytes, and boot.json says ${saidBytes}`
  throw raise('DEPLOY_IMAGE_SET', { directory, why })
}
