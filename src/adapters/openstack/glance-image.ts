import type { Fields } from './fields.ts'

/** One image as the Image API v2 shows it. Sizes in bytes, as far as the store knows them. */
export type GlanceImage = Readonly<{
  id: string
  name: string
  /** `queued`, `saving`, `active`, `deactivated`, `killed`, … */
  status: string
  visibility: string
  protected: boolean
  diskFormat?: string
  containerFormat?: string
  sizeBytes?: number
  virtualSizeBytes?: number
  /** MD5, where the store still makes one. */
  checksum?: string
  /** `sha512`, and the digest in lower-case hexadecimal. */
  osHashAlgo?: string
  osHashValue?: string
  minDiskGb: number
  minRamMb: number
  owner?: string
  createdAt: string
  updatedAt: string
  tags: readonly string[]
  /** What is not of the API itself: kernel_id, os_distro, kernel_cmdline, … Glance keeps text only. */
  properties: Readonly<Record<string, string>>
}>

/** Members of the API's own; all others are properties. https://docs.openstack.org/api-ref/image/v2/ */
const OWN = new Set(
  `id name status visibility protected disk_format container_format size virtual_size checksum os_hash_algo
  os_hash_value min_disk min_ram owner created_at updated_at tags self file schema locations direct_url os_hidden
  stores id_ref`.split(/\s+/),
)

export function glanceImage(fields: Fields): GlanceImage {
  const texts = {
    diskFormat: fields.optionalText('disk_format'),
    containerFormat: fields.optionalText('container_format'),
    checksum: fields.optionalText('checksum'),
    osHashAlgo: fields.optionalText('os_hash_algo'),
    osHashValue: fields.optionalText('os_hash_value'),
    owner: fields.optionalText('owner'),
    sizeBytes: fields.optionalNumber('size'),
    virtualSizeBytes: fields.optionalNumber('virtual_size'),
  }
  return {
    id: fields.text('id'),
    name: fields.optionalText('name') ?? '',
    status: fields.text('status'),
    visibility: fields.text('visibility'),
    protected: fields.flag('protected'),
    minDiskGb: fields.optionalNumber('min_disk') ?? 0,
    minRamMb: fields.optionalNumber('min_ram') ?? 0,
    createdAt: fields.text('created_at'),
    updatedAt: fields.text('updated_at'),
    tags: fields.texts('tags'),
    properties: Object.fromEntries(
      fields.keys.flatMap((key) => {
        const value = fields.raw(key)
        return OWN.has(key) || typeof value !== 'string' ? [] : [[key, value]]
      }),
    ),
    ...(Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined)) as Partial<
      Pick<GlanceImage, 'diskFormat'>
    >),
  }
}
