/** What is known of an image before anything is done with it: Glance's record, or what the command line says. */
export type ImageFacts = Readonly<{
  /** What the deployer is given: an id of Glance, or a URL. */
  reference: string
  name: string
  status: string
  visibility: string
  /** `aki`, `ari`, `ami`, `bare`, …; `bootc` for a container of a registry. */
  containerFormat?: string
  /** `raw`, `qcow2`, `aki`, `iso`, … */
  diskFormat?: string
  /** As it is kept. */
  sizeBytes?: number
  /** Of the disk or file system in it, where its format has another size than that. */
  virtualSizeBytes?: number
  minDiskGb: number
  minRamMb: number
  /** The digest as Glance keeps it: algorithm and hexadecimal digits. */
  hash?: Readonly<{ algorithm: string; value: string }>
  /** Kernel and ramdisk that belong to it: ids of Glance, or URLs. */
  kernel?: string
  ramdisk?: string
  /** Of machines that it is for, as Go names them; undefined where nothing says it. */
  architectures?: readonly string[]
  properties: Readonly<Record<string, string>>
}>

/** The property of the approved specification lp#1526409: the kernel command line that the image boots with. */
export const KERNEL_CMDLINE = 'kernel_cmdline'

/** The property in which `anneal image push` says what a base is; `live`: there is none, and the system runs from memory. */
export const HOLDS = 'anneal_holds'

/** A trio has its kernel and ramdisk beside it; a whole disk has its boot loader in it; the others boot by themselves. */
export type ImageForm =
  | 'trio'
  | 'wholeDisk'
  | 'kernel'
  | 'ramdisk'
  | 'partition'
  | 'iso'
  | 'container'
  | 'unknown'

export function imageForm(image: ImageFacts): ImageForm {
  const { containerFormat, diskFormat } = image
  if (containerFormat === 'bootc') return 'container'
  if (containerFormat === 'aki' || diskFormat === 'aki') return 'kernel'
  if (containerFormat === 'ari' || diskFormat === 'ari') return 'ramdisk'
  if (image.kernel !== undefined && image.ramdisk !== undefined) return 'trio'
  if (containerFormat === 'ami' || diskFormat === 'ami') return 'partition'
  if (diskFormat === 'iso') return 'iso'
  // What Ironic itself goes by, where the image says it (ironic/common/images.py, get_image_type).
  const said = image.properties['img_type'] ?? image.properties['image_type']
  if (said === 'partition') return 'partition'
  return diskFormat === 'raw' || diskFormat === 'qcow2' ? 'wholeDisk' : 'unknown'
}

/** Whether Ironic would fetch it from a registry by itself (from Ironic 29 on). */
export function isArtifact({ reference }: Pick<ImageFacts, 'reference'>): boolean {
  return reference.startsWith('oci://')
}
