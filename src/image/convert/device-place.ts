import type { StackNode } from '../stack/index.ts'
import { lastingName, matchReference, namedBy } from '../boot/index.ts'
import type { Base } from './base.ts'
import { locateIn } from './locate.ts'

/** Where a device is, seen from the machine that the base will run on. */
export type DevicePlace =
  /** In the base itself, or in no device at all (tmpfs, a bind, a network share). */
  | Readonly<{ at: 'there' }>
  /** In the base, by a name that does not last; `by` is the one that does, where there is one. */
  | Readonly<{ at: 'renamed'; by?: string }>
  /** In a part of the image that is not deployed. */
  | Readonly<{ at: 'left behind'; what: string }>
  /** In nothing the image knows: perhaps another disk of the machine. */
  | Readonly<{ at: 'unknown' }>

/** A device is there if it is the base or something inside it. */
export function placeOfDevice(disk: StackNode, base: Base, device: string): DevicePlace {
  const by = namedBy(device)
  if (by === 'nothing') return { at: 'there' }
  const matches = matchReference(disk, device)
  const [first] = matches
  if (first === undefined) return { at: 'unknown' }
  const inside = matches.find((node) => isIn(disk, base.node, node))
  if (inside === undefined) return { at: 'left behind', what: describe(first) }
  if (by === 'content' || base.node === disk) return { at: 'there' }
  const name = lastingName(disk, inside)
  return { at: 'renamed', ...(name !== undefined && { by: name }) }
}

/** Whether all of a node lies in another. */
function isIn(disk: StackNode, outer: StackNode, inner: StackNode): boolean {
  let covered = 0
  for (const { lengthBytes } of locateIn(disk, outer, inner, 0, inner.sizeBytes)) covered += lengthBytes
  return covered === inner.sizeBytes
}

function describe(node: StackNode): string {
  return node.role === 'partition' ? `partition ${node.address.replace(/^p/, '')}` : node.address
}
