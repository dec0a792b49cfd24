import { locateInPvs } from '../../formats/lvm2/index.ts'
import { nodesOf } from '../stack/index.ts'
import type { StackNode } from '../stack/index.ts'

export type Place = Readonly<{ offsetBytes: number; lengthBytes: number }>

/**
 * Where a range of one node lies in another that holds it: of a logical volume in the partition below it, of a mirror in
 * the member that is read, of a partition in the disk. In the order of the range; what lies elsewhere is left out.
 */
export function* locateIn(
  disk: StackNode,
  outer: StackNode,
  inner: StackNode,
  offset: number,
  length: number,
): Generator<Place, void, undefined> {
  if (inner === outer) {
    yield { offsetBytes: offset, lengthBytes: length }
    return
  }
  if (inner.role === 'logical volume') {
    for (const { pv, pvOffsetBytes, lengthBytes } of locateInPvs(inner.segments ?? [], offset, length)) {
      const below = nodesOf(disk).find(
        ({ content }) => content.kind === 'physical volume' && content.uuid === pv,
      )
      if (below !== undefined) yield* locateIn(disk, outer, below, pvOffsetBytes, lengthBytes)
    }
    return
  }
  const { readFrom } = inner
  if (readFrom !== undefined) {
    const member = nodesOf(disk).find(({ address }) => address === readFrom.address)
    if (member !== undefined) yield* locateIn(disk, outer, member, readFrom.offsetBytes + offset, length)
    return
  }
  const parent = nodesOf(disk).find(({ children }) => children.includes(inner))
  if (parent === undefined || inner.partition === undefined) return
  yield* locateIn(disk, outer, parent, inner.partition.offsetBytes + offset, length)
}

/** Whether a node lies in a mirror of which the outer node holds the members: each of them has its own copy. */
export function isMirrored(disk: StackNode, outer: StackNode, inner: StackNode): boolean {
  if (inner === outer) return false
  if (inner.readFrom !== undefined) return true
  const parents = nodesOf(disk).filter(
    (node) =>
      node.children.includes(inner) ||
      (node.content.kind === 'physical volume' &&
        inner.role === 'logical volume' &&
        (inner.segments ?? []).length > 0 &&
        groupOf(disk, inner) === node.content.volumeGroup),
  )
  return parents.some((parent) => parent.role !== 'volume group' && isMirrored(disk, outer, parent))
}

function groupOf(disk: StackNode, volume: StackNode): string | undefined {
  return nodesOf(disk).find(({ role, children }) => role === 'volume group' && children.includes(volume))
    ?.name
}
