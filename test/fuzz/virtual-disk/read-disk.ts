import type { ByteSource } from '../../../src/bytes/index.ts'

/** A disk may claim any size: so much of it is looked at. */
const MOST_EXTENTS = 120
const MOST_READS = 3
const READ_BYTES = 20_000

/** Walks the extents and places of a disk, and reads some of what it holds; throws where they do not fit together. */
export async function readDisk(disk: ByteSource): Promise<void> {
  const starts: number[] = []
  let at = 0
  let count = 0
  for await (const { offsetBytes, lengthBytes, kind } of disk.extents?.(0, disk.size) ?? []) {
    if (offsetBytes !== at || lengthBytes <= 0) throw new Error(`an extent at ${offsetBytes}, not ${at}`)
    at += lengthBytes
    if (kind === 'data') starts.push(offsetBytes)
    count += 1
    if (count >= MOST_EXTENTS) break
  }
  if (count < MOST_EXTENTS && disk.extents !== undefined && at !== disk.size) {
    throw new Error(`extents end at ${at}, not ${disk.size}`)
  }
  const step = Math.max(1, Math.ceil(starts.length / MOST_READS))
  for (const start of starts.filter((_, index) => index % step === 0)) {
    const length = Math.min(READ_BYTES, disk.size - start)
    const bytes = await disk.read(start, length)
    if (bytes.length !== length) throw new Error(`${bytes.length} bytes came, not ${length}`)
    let placed = start
    for await (const place of disk.places?.(start, length) ?? []) {
      if (place.offsetBytes !== placed || place.lengthBytes <= 0)
        throw new Error(`a place at ${place.offsetBytes}`)
      placed += place.lengthBytes
    }
    if (disk.places !== undefined && placed !== start + length) throw new Error(`places end at ${placed}`)
  }
}
