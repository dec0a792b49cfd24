import type { ImageStore, StoredImage } from '../../ports/index.ts'
import type { Glance } from './glance.ts'
import type { GlanceImage } from './glance-image.ts'
import type { Session } from './session.ts'

/** Glance as the store that images are pushed to. */
export function imageStore(session: Session, images: Glance): ImageStore {
  const stored = async (image: GlanceImage): Promise<StoredImage> =>
    storedImage(image, await session.project())
  return {
    knowsOwners: async () => (await session.project()) !== undefined,
    async *list() {
      for await (const image of images.list()) yield await stored(image)
    },
    async show(id) {
      const image = await images.show(id)
      return image && stored(image)
    },
    create: async (image) => stored(await images.create(image)),
    upload: (id, bytes, sizeBytes, signal) => images.upload(id, bytes, { sizeBytes, signal }),
    async change(id, { name, protected: protection, properties = {} }) {
      await images.update(id, [
        ...(name === undefined ? [] : [{ op: 'replace', name: 'name', value: name } as const]),
        // `add` also replaces what is there (RFC 6902, 4.1).
        ...Object.entries(properties).map(([key, value]) => ({ op: 'add', name: key, value }) as const),
        ...(protection === undefined
          ? []
          : [{ op: 'replace', name: 'protected', value: protection } as const]),
      ])
    },
    remove: (id) => images.remove(id),
  }
}

function storedImage(image: GlanceImage, project: string | undefined): StoredImage {
  const { osHashAlgo: algorithm, osHashValue: value, containerFormat, diskFormat, sizeBytes } = image
  return {
    id: image.id,
    name: image.name,
    status: image.status,
    visibility: image.visibility,
    protected: image.protected,
    own: project === undefined || image.owner === project,
    createdAt: image.createdAt,
    updatedAt: image.updatedAt,
    properties: image.properties,
    ...(containerFormat === undefined ? {} : { containerFormat }),
    ...(diskFormat === undefined ? {} : { diskFormat }),
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(algorithm === undefined || value === undefined ? {} : { hash: { algorithm, value } }),
  }
}
