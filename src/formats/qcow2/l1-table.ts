import { Cursor } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import type { Header } from './header.ts'
import { OFFSET_MASK_HIGH, OFFSET_MASK_LOW } from './layout.ts'

/** Entries that are looked at: 4 TiB of a disk with clusters of 64 KiB. */
const MOST_ENTRIES = 8192

/**
 * Whether L2 tables lie beyond the end of the file, as they do when a download ended early: writers lay tables and
 * data down as they come. An entry that does not point at the start of a cluster is damage of another kind.
 */
export async function isCutShort(
  metadata: ByteSource,
  { clusterBits, l1OffsetBytes, l1Entries }: Header,
  signal?: AbortSignal,
): Promise<boolean> {
  // The table of a disk without bytes may be said to be anywhere.
  if (l1Entries === 0) return false
  const clusterBytes = 2 ** clusterBits
  const lengthBytes = Math.min(l1Entries, MOST_ENTRIES) * 8
  const table = new Cursor(await metadata.read(l1OffsetBytes, lengthBytes, signal), 'qcow2 L1 table')
  for (let at = 0; at < lengthBytes; at += 8) {
    const offsetBytes = l2OffsetOf(table, at)
    if (offsetBytes % clusterBytes === 0 && offsetBytes + clusterBytes > metadata.size) return true
  }
  return false
}

/** Where the L2 table of the entry at byte `at` is, in bytes of the file; 0 where there is none. */
export function l2OffsetOf(l1: Cursor, at: number): number {
  const [high, low] = [l1.u32be(at), l1.u32be(at + 4)]
  return (high & OFFSET_MASK_HIGH) * 0x1_0000_0000 + ((low & OFFSET_MASK_LOW) >>> 0)
}
