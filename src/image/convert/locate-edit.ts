import type { Patch } from '../../bytes/index.ts'
import { planContentChange } from '../../formats/filesystem/index.ts'
import type { ContentChange, NodeId } from '../../formats/filesystem/index.ts'
import type { StackNode, Volume } from '../stack/index.ts'
import type { Base } from './base.ts'
import { isMirrored, locateIn } from './locate.ts'

/** The patches of the base that give a file of a volume other bytes: see `planContentChange` for what is refused. */
export async function locateEdit(
  disk: StackNode,
  base: Base,
  volume: Volume,
  file: Readonly<{ id: NodeId; before: Uint8Array; after: Uint8Array }>,
  signal?: AbortSignal,
): Promise<ContentChange> {
  if (isMirrored(disk, base.node, volume.node))
    return { refusal: 'it lies in a mirror (md), whose other members would keep what they have' }
  const change = await planContentChange(volume.fileSystem, file.id, file.before, file.after, signal)
  if ('refusal' in change) return change
  const patches: Patch[] = []
  for (const { offsetBytes, bytes } of change.patches) {
    let at = 0
    for (const place of locateIn(disk, base.node, volume.node, offsetBytes, bytes.length)) {
      patches.push({ offsetBytes: place.offsetBytes, bytes: bytes.subarray(at, at + place.lengthBytes) })
      at += place.lengthBytes
    }
    if (at !== bytes.length) return { refusal: 'not all of its bytes lie in the base' }
  }
  return { patches }
}

/**
 * Whether changes were planned for the same bytes: two files in one block that has a checksum, each planned as if the
 * other stayed as it is.
 */
export function isOverlapping(some: readonly Patch[], others: readonly Patch[]): boolean {
  return some.some((a) =>
    others.some(
      (b) => a.offsetBytes < b.offsetBytes + b.bytes.length && b.offsetBytes < a.offsetBytes + a.bytes.length,
    ),
  )
}

export const OVERLAPS = 'it lies in one block with another file that changes, too'
