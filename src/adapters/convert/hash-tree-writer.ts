import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { VerityTreeMaker } from '../../formats/dmverity/index.ts'
import type { HashTreeWriter } from '../../ports/index.ts'
import { filePieces } from './file-pieces.ts'
import { writeAll } from './write-all.ts'

const BLOCK_BYTES = 4096

/** What `veritysetup format` makes, in the file of the data itself. */
export function hashTreeWriter(): HashTreeWriter {
  return {
    async append({ path, offsetBytes, sizeBytes }, signal) {
      const maker = new VerityTreeMaker((bytes) => createHash('sha256').update(bytes).digest())
      const range = { offsetBytes, endBytes: offsetBytes + sizeBytes }
      for await (const piece of filePieces(path, signal, range)) maker.add(piece)
      const { bytes, rootHash, dataBlocks } = maker.end()
      const dataBytes = dataBlocks * BLOCK_BYTES
      await writeBehind(path, offsetBytes + sizeBytes, [new Uint8Array(dataBytes - sizeBytes), bytes])
      return { rootHash, offsetBytes: dataBytes, endBytes: dataBytes + bytes.length }
    },
  }
}

async function writeBehind(path: string, offset: number, parts: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'r+')
  try {
    let at = offset
    for (const part of parts) {
      await writeAll(file, part, at)
      at += part.length
    }
  } finally {
    await file.close()
  }
}
