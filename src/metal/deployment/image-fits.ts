import { positiveNumber } from '../../core/index.ts'
import { raise } from '../errors.ts'
import type { ImageFacts } from '../image.ts'
import type { MetalNode } from '../node.ts'

/** Throws METAL_IMAGE_NOT_READY for an image without its data. */
export function refuseUnready(image: ImageFacts): void {
  if (image.status !== 'active') {
    throw raise('METAL_IMAGE_NOT_READY', {
      image: image.name,
      why: `Glance has it in status "${image.status}"`,
      remedy: 'push its data again: `anneal image push`',
    })
  }
}

const GIB = 1024 ** 3

/** Throws METAL_IMAGE_NOT_READY for an image that the node's disk does not hold. */
export function refuseTooLarge(node: MetalNode, image: ImageFacts): void {
  const disk = diskGib(node)
  // Ironic's local_gb leaves one GiB out for a partition that it no longer makes; a disk of that size still holds it.
  if (disk !== undefined && neededGib(image) > disk + 1) throw tooLarge(node, image, disk)
}

/**
 * How large the partition of a base is made: Ironic counts in whole GiB. Where nobody knows, as large as the disk allows.
 * Throws METAL_IMAGE_NOT_READY where the disk has no room for that, or is not known either.
 */
export function partitionGib(node: MetalNode, image: ImageFacts): number {
  const disk = diskGib(node)
  const needed = Math.ceil(neededGib(image))
  if (needed > 0) {
    if (disk !== undefined && needed > disk) throw tooLarge(node, image, disk)
    return needed
  }
  if (disk !== undefined) return disk
  throw raise('METAL_IMAGE_NOT_READY', {
    image: image.name,
    why: 'nothing says how large its partition has to be',
    remedy: 'set min_disk of the image (GiB), or local_gb among the properties of the node',
  })
}

/** In GiB, as far as known; else 0. */
function neededGib(image: ImageFacts): number {
  const { minDiskGb, diskFormat, sizeBytes = 0, virtualSizeBytes = 0 } = image
  return Math.max(minDiskGb, diskFormat === 'raw' ? sizeBytes / GIB : virtualSizeBytes / GIB)
}

function diskGib(node: MetalNode): number | undefined {
  const disk = positiveNumber(node.properties['local_gb'])
  return disk === undefined ? undefined : Math.floor(disk)
}

function tooLarge(node: MetalNode, image: ImageFacts, disk: number): Error {
  return raise('METAL_IMAGE_NOT_READY', {
    image: image.name,
    why: `it needs ${neededGib(image).toFixed(1)} GiB, and the disk of node "${node.name ?? node.uuid}" has ${disk} (local_gb)`,
    remedy: 'choose a node with a larger disk, or correct local_gb of this one',
  })
}

/** Throws METAL_IMAGE_NOT_READY for an image that runs from memory, of which the node is known to have too little. */
export function refuseTooLittleMemory(node: MetalNode, { name, minRamMb }: ImageFacts): void {
  const found = positiveNumber(node.properties['memory_mb'])
  if (found === undefined || found >= minRamMb) return
  throw raise('METAL_IMAGE_NOT_READY', {
    image: name,
    why: `it needs ${minRamMb} MiB of memory (min_ram), and node "${node.name ?? node.uuid}" has ${found} (memory_mb)`,
    remedy: 'choose a node with more memory, or correct memory_mb of this one',
  })
}

/** Debian's and the kernel's names of processors, as Go has them: Ironic compares both. */
const GO_NAMES: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' }

/**
 * Throws METAL_IMAGE_NOT_READY for an image of a registry that this Ironic cannot fetch, or of which none is for the node's
 * processor: Ironic itself would find nothing, and fail in the middle of the deployment.
 */
export function refuseArtifact(
  node: MetalNode,
  image: ImageFacts,
  { takesArtifacts }: Readonly<{ takesArtifacts?: boolean }>,
): void {
  const cannot = (why: string, remedy: string): Error =>
    raise('METAL_IMAGE_NOT_READY', { image: image.name, why, remedy })
  if (takesArtifacts === false) {
    throw cannot(
      'this Ironic fetches no images from registries: that began with release 29 (API 1.96)',
      'push it to Glance (`anneal image push`), or serve the file over http and give its URL with --checksum',
    )
  }
  const cpu = node.properties['cpu_arch']
  const { architectures } = image
  if (typeof cpu !== 'string' || architectures === undefined) return
  const goName = (name: string): string => GO_NAMES[name] ?? name
  if (architectures.map(goName).includes(goName(cpu))) return
  throw cannot(
    `it is for ${architectures.join(', ')}, and node "${node.name ?? node.uuid}" is ${cpu} (cpu_arch)`,
    'push the image for that processor (--platform OS/ARCH), or correct cpu_arch of the node',
  )
}
