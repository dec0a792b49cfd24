import type { DeployImage, DeployImageRequest } from '../../ports/index.ts'
import { raise } from '../errors.ts'
import { editedLine, fileOf, openSetFile, readSet, requireSize } from '../image/boot-set/index.ts'
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
  const files = {
    kernel: stack.use(await openSetFile(location, kernel)),
    ...(ramdisk && { ramdisk: stack.use(await openSetFile(location, ramdisk)) }),
    commandLine: editedLine(boot.commandLine, request),
  }
  signal?.throwIfAborted()
  const all = stack.move()
  return { ...image, boot: files, warnings, [Symbol.asyncDispose]: () => all.disposeAsync() }
}
