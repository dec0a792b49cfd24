import { locateInPvs } from '../../formats/lvm2/index.ts'
import { nodesOf } from '../stack/index.ts'
import type { StackNode } from '../stack/index.ts'

export type Place = Readonly<{ offsetBytes: number; lengthBytes: number }>

/**
 * Where a range of one node lies in another that holds it: of a logical volume in the partition below it, of a
 * partition in the disk. In the order of the range; what lies elsewhere is left out.
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
  const parent = nodesOf(disk).find(({ children }) => children.includes(inner))
  if (parent === undefined || inner.partition === undefined) return
  yield* locateIn(disk, outer, parent, inner.partition.offsetBytes + offset, length)
}
