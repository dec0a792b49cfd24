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
  const disk = Number(node.properties['local_gb'])
  // Ironic's local_gb leaves one GiB out for a partition that it no longer makes; a disk of that size still holds it.
  const needed = Math.max(image.minDiskGb, image.diskFormat === 'raw' ? (image.sizeBytes ?? 0) / GIB : 0)
  if (!Number.isFinite(disk) || disk === 0 || needed <= disk + 1) return
  throw raise('METAL_IMAGE_NOT_READY', {
    image: image.name,
    why: `it needs ${needed.toFixed(1)} GiB, and the disk of node "${node.name ?? node.uuid}" has ${disk} (local_gb)`,
    remedy: 'choose a node with a larger disk, or correct local_gb of this one',
  })
}
