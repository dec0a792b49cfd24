import { warning } from './findings.ts'
import type { StackNode } from './node.ts'

/** Of the disk that the image was made for, as its partition table counts; undefined where there is no table. */
export function sectorSizeOf({ content }: StackNode): number | undefined {
  return content.kind === 'partition table' ? content.table.sectorSizeBytes : undefined
}

/** The disk, with a warning at each file system that a disk of its sector size cannot hold. */
export function withSectorWarnings(disk: StackNode): StackNode {
  const bytes = sectorSizeOf(disk)
  return bytes === undefined
    ? disk
    : { ...disk, children: disk.children.map((child) => warned(child, bytes)) }
}

function warned(node: StackNode, sectorBytes: number): StackNode {
  const children = node.children.map((child) => warned(child, sectorBytes))
  if (node.content.kind !== 'file system') return children.length === 0 ? node : { ...node, children }
  const { type, sectorSizeBytes } = node.content.fileSystem.facts
  // Firmware and Linux take a FAT's sectors for the disk's; others have blocks, which may be larger than a sector.
  const fits = type === 'vfat' ? sectorSizeBytes === sectorBytes : sectorSizeBytes >= sectorBytes
  if (fits) return node
  const detail = `${type} for sectors of ${sectorSizeBytes} bytes on a disk with sectors of ${sectorBytes} bytes`
  return { ...node, warnings: [...node.warnings, warning('SECTOR_SIZES_MIXED', detail)] }
}
