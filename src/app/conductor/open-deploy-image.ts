import { stat } from 'node:fs/promises'
import type { OpenDeployImage } from '../../ports/index.ts'
import { openConversion } from '../image/convert/index.ts'
import { conversionOptions, deployImageOf } from './deploy-image-of.ts'
import { openBootSet } from './open-boot-set.ts'

/**
 * Opens an image to deploy machines from it: a disk image as `anneal image convert` takes it, or the directory of a boot set. Reads
 * metadata alone; the image stays as it is, and every change is made as its bytes pass. Throws what the readers, the boot
 * contract and the plan of a conversion throw, and DEPLOY_IMAGE_….
 */
export const openDeployImage: OpenDeployImage = async (request) => {
  if (await isDirectory(request.location)) return openBootSet(request)
  const { location, form, firmware, addedArguments, deletedArguments } = request
  const opened = await openConversion(location, {
    ...conversionOptions(request),
    what: form === 'trio' ? 'root' : 'disk',
    boot: {
      kargs: addedArguments,
      deleteKargs: deletedArguments,
      ...(firmware && { firmware }),
    },
  })
  return deployImageOf(opened, location, form)
}

async function isDirectory(location: string): Promise<boolean> {
  if (/^[a-z][a-z0-9+-]*:/i.test(location)) return false
  return stat(location).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
