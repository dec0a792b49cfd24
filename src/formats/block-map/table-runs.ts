import { Cursor } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { addRun } from './run.ts'
import type { Run, Runs } from './run.ts'

export type BlockTable = Readonly<{
  /** The file, as a source that keeps what was read of it in memory. */
  metadata: ByteSource
  /** What messages call the table. */
  structure: string
  offsetBytes: number
  entryBytes: 4 | 8
  blockBytes: number
  /** Of the disk; every block below has an entry inside of the file. */
  sizeBytes: number
  /** The entry of a block, where the table has others in between. */
  entryOf?: (block: number) => number
  /**
   * Where the data of a block begins in `host`; undefined where it is zeros. Throws for an entry that leads to where no
   * block can be. `lengthBytes` of the block are the disk's: its last block may be longer than the disk.
   */
  locate: (table: Cursor, at: number, block: number, lengthBytes: number) => number | undefined
  host: ByteSource
}>

/** Tables are fetched in pieces of this size. */
const SLICE_BYTES = 65_536

/** The runs of a disk whose blocks have one entry each, in one table. */
export function tableRuns(table: BlockTable): Runs {
  const { metadata, structure, offsetBytes, entryBytes, blockBytes, sizeBytes, host } = table
  const entryOf = table.entryOf ?? ((block: number) => block)
  const blocks = Math.ceil(sizeBytes / blockBytes)
  const tableBytes = blocks === 0 ? 0 : (entryOf(blocks - 1) + 1) * entryBytes

  return async function* runs(offset, length, signal) {
    const end = offset + length
    for (let at = offset; at < end;) {
      const first =
        Math.floor((entryOf(Math.floor(at / blockBytes)) * entryBytes) / SLICE_BYTES) * SLICE_BYTES
      const sliceBytes = Math.min(SLICE_BYTES, tableBytes - first)
      const bytes = await metadata.read(offsetBytes + first, sliceBytes, signal)
      const slice = new Cursor(bytes, structure, offsetBytes + first)
      const found: Run[] = []
      // Blocks of zeros are counted: an object for each of them is what a large empty disk costs most.
      let zerosFrom = at
      const endZeros = (): void => {
        if (zerosFrom < at)
          addRun(found, { kind: 'zero', offsetBytes: zerosFrom, lengthBytes: at - zerosFrom })
      }
      while (at < end) {
        const block = Math.floor(at / blockBytes)
        const within = entryOf(block) * entryBytes - first
        if (within >= sliceBytes) break
        const blockStart = block * blockBytes
        const usedBytes = Math.min(blockBytes, sizeBytes - blockStart)
        const runEnd = Math.min(end, blockStart + usedBytes)
        const hostStart = table.locate(slice, within, block, usedBytes)
        if (hostStart !== undefined) {
          endZeros()
          const hostOffsetBytes = hostStart + (at - blockStart)
          addRun(found, { kind: 'data', offsetBytes: at, lengthBytes: runEnd - at, host, hostOffsetBytes })
          zerosFrom = runEnd
        }
        at = runEnd
      }
      endZeros()
      yield found
    }
  }
}
