import { raise } from './errors.ts'
import { glanceImage } from './glance-image.ts'
import type { GlanceImage } from './glance-image.ts'
import type { Session } from './session.ts'
import { isUuid } from './uuid.ts'

export type ImageSpec = Readonly<{
  /** Chosen by the caller, a second create of the same id is a conflict; by default Glance chooses one. */
  id?: string
  name: string
  diskFormat: string
  containerFormat: string
  visibility?: 'public' | 'community' | 'shared' | 'private'
  protected?: boolean
  minDiskGb?: number
  minRamMb?: number
  tags?: readonly string[]
  properties?: Readonly<Record<string, string>>
}>

/** One step of a JSON patch (RFC 6902) on an image: `{ op: 'replace', name: 'visibility', value: 'public' }`. */
export type ImageChange = Readonly<
  { op: 'add' | 'replace'; name: string; value: unknown } | { op: 'remove'; name: string }
>

export type UploadOptions = Readonly<{
  /** Where known it is sent as Content-Length; else the body is chunked. */
  sizeBytes?: number
  signal?: AbortSignal
  /** Sees every chunk as it is sent: to hash, or to tell progress. */
  onChunk?: (chunk: Uint8Array) => void
}>

/** The Image API v2 (https://docs.openstack.org/api-ref/image/v2/), as far as Anneal needs it. */
export interface Glance {
  create(spec: ImageSpec): Promise<GlanceImage>
  /**
   * Sends the data of a queued image. An upload that breaks off leaves the image `queued`, and may be begun again.
   * Conflict where the image has data already; OPENSTACK_QUOTA where it is too large.
   */
  upload(id: string, bytes: AsyncIterable<Uint8Array>, options?: UploadOptions): Promise<void>
  /** Undefined where there is none of that id (that one may see). */
  show(id: string): Promise<GlanceImage | undefined>
  /** By id, else by name. Throws OPENSTACK_NAME_UNKNOWN, OPENSTACK_AMBIGUOUS. */
  find(nameOrId: string): Promise<GlanceImage>
  /** Every image that fits the filters (`name`, `status`, `tag`, any property), page by page, oldest first. */
  list(filters?: Readonly<Record<string, string>>): AsyncIterable<GlanceImage>
  update(id: string, changes: readonly ImageChange[]): Promise<GlanceImage>
  /** Also succeeds where the image is not there any more. */
  remove(id: string): Promise<void>
  download(id: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>>
}

const PAGE = '100'
const PATCH_TYPE = 'application/openstack-images-v2.1-json-patch'

export function glance(session: Session): Glance {
  const show = async (id: string): Promise<GlanceImage | undefined> => {
    const action = `read image "${id}"`
    const reply = await session.send({
      service: 'image',
      action,
      method: 'GET',
      path: path(id),
      accept: [404],
    })
    return reply.status === 404 ? undefined : glanceImage(reply.json())
  }

  async function* list(filters: Readonly<Record<string, string>> = {}): AsyncGenerator<GlanceImage> {
    let marker: string | undefined
    for (;;) {
      const reply = await session.send({
        service: 'image',
        action: 'list images',
        method: 'GET',
        path: '/v2/images',
        // Sorted by what does not change, so that a page's end stays where it was.
        query: { ...filters, limit: PAGE, sort: 'created_at:asc,id:asc', marker },
      })
      const body = reply.json()
      const images = body.list('images').map((one) => glanceImage(one))
      yield* images
      const last = images.at(-1)?.id
      // Only where Glance says that there is more: `next` is absent on the last page.
      if (last === undefined || last === marker || body.optionalText('next') === undefined) return
      marker = last
    }
  }

  return {
    show,
    list,
    async create(spec) {
      const reply = await session.send({
        service: 'image',
        action: `create image "${spec.name}"`,
        method: 'POST',
        path: '/v2/images',
        json: bodyOf(spec),
      })
      return glanceImage(reply.json())
    },
    async upload(id, bytes, options = {}) {
      await session.send({
        service: 'image',
        action: `upload the data of image "${id}"`,
        method: 'PUT',
        path: `${path(id)}/file`,
        headers: { 'content-type': 'application/octet-stream' },
        bytes: options.onChunk === undefined ? bytes : tapped(bytes, options.onChunk),
        ...(options.sizeBytes === undefined ? {} : { sizeBytes: options.sizeBytes }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      })
    },
    async find(nameOrId) {
      const byId = isUuid(nameOrId) ? await show(nameOrId) : undefined
      if (byId !== undefined) return byId
      const named: GlanceImage[] = []
      for await (const image of list({ name: nameOrId })) named.push(image)
      const [first] = named
      if (first === undefined) {
        throw raise('OPENSTACK_NAME_UNKNOWN', { what: 'image', name: nameOrId, service: 'Glance' })
      }
      if (named.length > 1) {
        const ids = named.map((one) => one.id)
        throw raise('OPENSTACK_AMBIGUOUS', { what: 'image', name: nameOrId, ids })
      }
      return first
    },
    async update(id, changes) {
      const reply = await session.send({
        service: 'image',
        action: `change image "${id}"`,
        method: 'PATCH',
        path: path(id),
        headers: { 'content-type': PATCH_TYPE },
        json: changes.map(({ name, ...rest }) => ({ ...rest, path: `/${pointer(name)}` })),
      })
      return glanceImage(reply.json())
    },
    async remove(id) {
      await session.send({
        service: 'image',
        action: `remove image "${id}"`,
        method: 'DELETE',
        path: path(id),
        idempotent: true,
        accept: [404],
      })
    },
    download: (id, signal) =>
      session.stream({
        service: 'image',
        action: `download image "${id}"`,
        method: 'GET',
        path: `${path(id)}/file`,
        headers: { accept: 'application/octet-stream' },
        ...(signal === undefined ? {} : { signal }),
      }),
  }
}

function path(id: string): string {
  return `/v2/images/${encodeURIComponent(id)}`
}

/** RFC 6901. */
function pointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

function bodyOf(spec: ImageSpec): object {
  return {
    ...spec.properties,
    name: spec.name,
    disk_format: spec.diskFormat,
    container_format: spec.containerFormat,
    id: spec.id,
    visibility: spec.visibility,
    protected: spec.protected,
    min_disk: spec.minDiskGb,
    min_ram: spec.minRamMb,
    tags: spec.tags,
  }
}

async function* tapped(
  bytes: AsyncIterable<Uint8Array>,
  onChunk: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    onChunk(chunk)
    yield chunk
  }
}
