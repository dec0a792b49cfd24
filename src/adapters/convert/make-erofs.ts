import { open, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { RootImageJob } from '../../ports/index.ts'
import { feedProgram } from './fed-program.ts'
import { filePieces } from './file-pieces.ts'
import { writeAll } from './write-all.ts'

/** 64 KiB are compressed at once: smaller than with the 4 KiB of where nothing is said, and Linux reads it since 5.13. */
const CLUSTER = '-C65536'
/** What the program calls it: of two that make LZ4, the one that takes longer makes less of it. */
const COMPRESSORS: Readonly<Record<string, string>> = { lz4: 'lz4hc' }

/**
 * The image lies in a file of its own first where it does not belong at the beginning of one: with --offset and a tar archive,
 * mkfs.erofs 1.8 and 1.9 write files that hold something else.
 */
export async function makeErofs(job: RootImageJob, signal: AbortSignal): Promise<void> {
  const { archive, compression, outputPath, offsetBytes } = job
  const isApart = offsetBytes > 0
  // What a killed run leaves by such a name, the next one removes.
  const path = isApart ? join(dirname(outputPath), `.root.erofs.${process.pid}.partial`) : outputPath
  const packed = compression === 'none' ? [] : [`-z${COMPRESSORS[compression] ?? compression}`, CLUSTER]
  try {
    await feedProgram('mkfs.erofs', ['--tar=f', '--quiet', ...packed, path], archive, signal)
    if (isApart) await copyInto(path, outputPath, offsetBytes, signal)
  } finally {
    if (isApart) await unlink(path).catch(() => undefined)
  }
}

async function copyInto(from: string, to: string, offsetBytes: number, signal: AbortSignal): Promise<void> {
  const file = await open(to, 'r+')
  try {
    let at = offsetBytes
    for await (const piece of filePieces(from, signal)) {
      await writeAll(file, piece, at)
      at += piece.length
    }
  } finally {
    await file.close()
  }
}
