import { clipExtents, joinExtents } from '../../bytes/index.ts'
import type { Extent } from '../../bytes/index.ts'
import { allocationOfPv } from '../../formats/lvm2/index.ts'
import { nodesOf } from '../stack/index.ts'
import type { StackNode } from '../stack/index.ts'

/**
 * What of a node is in use, by whatever is in it: free blocks of file systems and free extents of volume groups are
 * unallocated, everything else is data. Covers the node from 0 to its end. Reads metadata of the file systems.
 */
export async function* allocationOf(
  disk: StackNode,
  node: StackNode,
  signal?: AbortSignal,
): AsyncGenerator<Extent, void, undefined> {
  const { content, sizeBytes } = node
  switch (content.kind) {
    case 'file system':
      yield* content.fileSystem.allocation(signal)
      return
    case 'partition table':
      yield* allocationOfDisk(disk, node, signal)
      return
    case 'physical volume': {
      const volumes = await volumesIn(disk, content.volumeGroup, signal)
      yield* allocationOfPv(content.ranges, (volume, offset, length) => {
        const extents = volumes.get(volume)
        return extents && clipExtents(each(extents), offset, length)
      })
      return
    }
    case 'logical volumes':
    case 'mirror member':
    case 'swap':
    case 'unreadable':
    case 'unknown':
      if (sizeBytes > 0) yield { offsetBytes: 0, lengthBytes: sizeBytes, kind: 'data' }
  }
}

/** What is in no partition may hold a boot loader: it is data. */
async function* allocationOfDisk(
  disk: StackNode,
  node: StackNode,
  signal: AbortSignal | undefined,
): AsyncGenerator<Extent, void, undefined> {
  const parts = node.children.flatMap((child) =>
    child.partition === undefined ? [] : [{ child, ...child.partition }],
  )
  let at = 0
  for (const { child, offsetBytes, lengthBytes } of parts.toSorted((a, b) => a.offsetBytes - b.offsetBytes)) {
    // An extended partition holds its logical ones: what was told already is not told again.
    if (offsetBytes < at) continue
    if (offsetBytes > at) yield { offsetBytes: at, lengthBytes: offsetBytes - at, kind: 'data' }
    yield* clipExtents(allocationOf(disk, child, signal), 0, lengthBytes, offsetBytes)
    at = offsetBytes + lengthBytes
  }
  if (node.sizeBytes > at) yield { offsetBytes: at, lengthBytes: node.sizeBytes - at, kind: 'data' }
}

/** Read once for each volume, however many segments it has. */
async function volumesIn(
  disk: StackNode,
  group: string,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, readonly Extent[]>> {
  const volumes = new Map<string, readonly Extent[]>()
  const node = nodesOf(disk).find(({ role, name }) => role === 'volume group' && name === group)
  for (const volume of node?.children ?? []) {
    if (volume.source === undefined) continue
    const extents: Extent[] = []
    for await (const extent of joinExtents(allocationOf(disk, volume, signal))) extents.push(extent)
    volumes.set(volume.name, extents)
  }
  return volumes
}

async function* each(extents: readonly Extent[]): AsyncGenerator<Extent, void, undefined> {
  yield* extents
}
