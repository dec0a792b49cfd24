import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import type { DiskChunks, DiskPiece } from '../../ports/index.ts'
import { raise } from './errors.ts'
import { Initiator } from './initiator.ts'
import type { IscsiTarget } from './initiator.ts'

/** In one command: a slow disk takes its time for each, and a target that is silent for a minute counts as gone. */
const MOST_ZEROS = 16 * 2 ** 20

const unpack = promisify(zstdDecompress)

export type IscsiControl = Readonly<{
  /** Bytes of the disk that were written so far. */
  onWritten?: (bytes: number) => void
  signal: AbortSignal
}>

/**
 * Writes all pieces of a disk to an iSCSI target, the first block of the disk last, and has the target flush them. Gives the bytes that were written.
 * Each piece's digest is checked before it is written. It can be repeated from the start after any failure.
 * @throws ISCSI_TOOL_MISSING, ISCSI_LOGIN, ISCSI_WRITE, ISCSI_PIECE, and what reading the pieces throws
 */
export async function writeDiskByIscsi(
  target: IscsiTarget,
  chunks: DiskChunks,
  { onWritten, signal }: IscsiControl,
): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'anneal-iscsi-'))
  try {
    const initiator = await Initiator.login(target, directory, signal)
    try {
      let written = 0
      const file = join(directory, 'piece')
      const ahead = (index: number): Promise<DiskPiece> | undefined => {
        const next = index < chunks.count ? chunks.piece(index, signal) : undefined
        // Whoever awaits it reports its failure.
        next?.catch(() => undefined)
        return next
      }
      let next = ahead(0)
      for (let index = 0; index < chunks.count; index += 1) {
        const piece = await (next ?? chunks.piece(index, signal))
        next = ahead(index + 1)
        const { offsetBytes, lengthBytes, content } = await contentOf(piece, index, target)
        if (content === undefined) {
          for (let done = 0; done < lengthBytes; done += MOST_ZEROS) {
            const length = Math.min(MOST_ZEROS, lengthBytes - done)
            await initiator.writeZeros(offsetBytes + done, length)
            onWritten?.(written + done + length)
          }
        } else {
          await writeFile(file, content)
          await initiator.write(file, offsetBytes, lengthBytes)
          onWritten?.(written + lengthBytes)
        }
        written += lengthBytes
      }
      await initiator.flush()
      return written
    } finally {
      await initiator.end()
    }
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

type Content = Readonly<{ offsetBytes: number; lengthBytes: number; content?: Uint8Array }>

async function contentOf({ head, packed }: DiskPiece, index: number, target: IscsiTarget): Promise<Content> {
  const wrong = (why: string): Error => raise('ISCSI_PIECE', { index, target: target.name, why })
  const [, offset = '', length = '', digest = ''] = /^(\d+) (\d+) (\w+)\n$/.exec(head) ?? []
  if (digest === '') throw wrong('its head is not as it should be')
  const place = { offsetBytes: Number(offset), lengthBytes: Number(length) }
  if (digest === 'zero') return place
  if (packed === undefined || createHash('blake2b512').update(packed).digest('hex') !== digest)
    throw wrong('its digest differs')
  const content = await unpack(packed)
  if (content.length !== place.lengthBytes) throw wrong(`it unpacks to ${content.length} bytes`)
  return { ...place, content }
}
