import type { ImageFacts } from '../../metal/index.ts'
import type { ImageRegistry } from '../../ports/index.ts'
import type { Glance } from './glance.ts'
import type { GlanceImage } from './glance-image.ts'

/** Glance as the place where a deployer finds its images. */
export function imageRegistry(images: Glance): ImageRegistry {
  return { find: async (nameOrId) => imageFacts(await images.find(nameOrId)) }
}

function imageFacts(image: GlanceImage): ImageFacts {
  const { kernel_id: kernel, ramdisk_id: ramdisk } = image.properties
  const hash =
    image.osHashAlgo === undefined || image.osHashValue === undefined
      ? undefined
      : { algorithm: image.osHashAlgo, value: image.osHashValue }
  return {
    reference: image.id,
    name: image.name === '' ? image.id : image.name,
    status: image.status,
    visibility: image.visibility,
    minDiskGb: image.minDiskGb,
    minRamMb: image.minRamMb,
    properties: image.properties,
    ...(image.containerFormat === undefined ? {} : { containerFormat: image.containerFormat }),
    ...(image.diskFormat === undefined ? {} : { diskFormat: image.diskFormat }),
    ...(image.sizeBytes === undefined ? {} : { sizeBytes: image.sizeBytes }),
    ...(image.virtualSizeBytes === undefined ? {} : { virtualSizeBytes: image.virtualSizeBytes }),
    ...(hash === undefined ? {} : { hash }),
    ...(kernel === undefined ? {} : { kernel }),
    ...(ramdisk === undefined ? {} : { ramdisk }),
  }
}
