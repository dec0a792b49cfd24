import { extentsOf, overlayExtents, patchExtents } from '../../bytes/index.ts'
import type { ByteSource, Extent, Patch } from '../../bytes/index.ts'
import { findNode, nodesOf } from '../stack/index.ts'
import type { StackNode } from '../stack/index.ts'
import { allocationOf } from './allocation.ts'
import { raise } from './errors.ts'
import { locateIn } from './locate.ts'

/** The part of an image that is deployed. */
export type Base = Readonly<{
  /** The disk, a partition, or the partition that is the physical volume of the root's volume group. */
  node: StackNode
  holds: 'filesystem' | 'lvm2' | 'disk'
  sizeBytes: number
  source: ByteSource
  /** The parts of the disk that it is made of, in order. */
  pieces: readonly Readonly<{ diskOffsetBytes: number; lengthBytes: number }>[]
  /**
   * What it holds, as every layer of it tells: clusters of the image, extents of volumes, blocks of file systems. With
   * `stored`, as the image alone tells: what it calls zero is zero in the image.
   */
  extents: (signal?: AbortSignal, layers?: 'all' | 'stored') => AsyncIterable<Extent>
}>

/**
 * What deployers of partition images want: the partition that holds the root's file system, or that is the physical
 * volume of its volume group. Throws BASE_SPLIT where that is more than one partition.
 */
export function baseOfRoot(disk: StackNode, rootAddress: string): Base {
  const root = findNode(disk, rootAddress)
  if (root.role !== 'logical volume') return makeBase(disk, root, root === disk ? 'disk' : 'filesystem')
  const group = nodesOf(disk).find(({ children }) => children.includes(root))
  const members = group?.content.kind === 'logical volumes' ? group.content.group.physicalVolumes : []
  const [member, ...others] = members
  if (member === undefined || others.length > 0) {
    const places = members.map((one) => one || 'the disk').join(', ')
    throw raise('BASE_SPLIT', { image: disk.name, volume: rootAddress, count: members.length, places })
  }
  return makeBase(disk, findNode(disk, member), 'lvm2')
}

/** What a base holds once some of its bytes are replaced: those are data, be they free or zero in the image. */
export function patchBase(base: Base, patches: readonly Patch[]): Base {
  if (patches.length === 0) return base
  return { ...base, extents: (signal, layers) => patchExtents(base.extents(signal, layers), patches) }
}

/** All of the disk. */
export function baseOfDisk(disk: StackNode): Base {
  return makeBase(disk, disk, 'disk')
}

function makeBase(disk: StackNode, node: StackNode, holds: Base['holds']): Base {
  const { source } = node
  if (source === undefined) throw new TypeError(`${node.address} has no bytes of its own`)
  const pieces = Array.from(
    locateIn(disk, disk, node, 0, node.sizeBytes),
    ({ offsetBytes, lengthBytes }) => ({
      diskOffsetBytes: offsetBytes,
      lengthBytes,
    }),
  )
  return {
    node,
    holds,
    sizeBytes: node.sizeBytes,
    source,
    pieces,
    extents: (signal, layers) => layersOf(disk, node, source, layers, signal),
  }
}

function layersOf(
  disk: StackNode,
  node: StackNode,
  source: ByteSource,
  layers: 'all' | 'stored' = 'all',
  signal?: AbortSignal,
): AsyncIterable<Extent> {
  const stored = extentsOf(source, 0, source.size, signal)
  return layers === 'stored' ? stored : overlayExtents(allocationOf(disk, node, signal), stored)
}
