import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { windowOf } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import type { Entry } from 'yauzl'
import { imageMember } from './archive-member.ts'
import { raise } from './errors.ts'
import { streamOf } from './stream-of.ts'
import { unpackCommand } from './unpack-command.ts'
import type { Packed } from './unwrap.ts'

/** Stored as it is: a part of the archive. */
type Stored = Readonly<{ member: string; stored: ByteSource }>
type Deflated = Packed & Readonly<{ member: string }>

/**
 * The image in a zip archive (yauzl reads its directory; docs/adr/0072). Throws IMAGE_ARCHIVE_…, IMAGE_WRAPPER_DAMAGED and
 * IMAGE_UNPACK_REFUSED.
 */
export async function imageInZip(source: ByteSource, signal?: AbortSignal): Promise<Stored | Deflated> {
  const { name, size } = source
  const { default: yauzl } = await import('yauzl')
  class Reader extends yauzl.RandomAccessReader {
    override _readStreamForRange(start: number, end: number): Readable {
      const part = windowOf(source, start, end - start, name)
      return Readable.from(streamOf(part, signal), { objectMode: false })
    }
  }
  try {
    const zip = await yauzl.fromRandomAccessReaderPromise(new Reader(), size, {
      autoClose: false,
      // It would refuse an archive for a name such as /disk.img. Here a name is shown, and never a place to write to.
      decodeStrings: false,
    })
    const nameOf = ({ generalPurposeBitFlag, fileNameRaw, extraFields }: Entry): string =>
      yauzl.getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false)
    const entry = await imageMember({ name, wrapper: 'zip' }, filesOf(zip.eachEntry(), nameOf))
    const { of, name: member } = entry
    if (of.isEncrypted() || !(of.compressionMethod === 0 || of.compressionMethod === 8)) {
      const reason = of.isEncrypted()
        ? 'it is encrypted'
        : `compression method ${of.compressionMethod} is not read`
      const command = unpackCommand({ name, wrapper: 'zip', member })
      throw raise('IMAGE_UNPACK_REFUSED', { path: name, wrapper: 'zip', reason, command })
    }
    if (of.compressionMethod === 0) {
      const { fileDataStart } = await zip.readLocalFileHeaderPromise(of, { minimal: true })
      return { member, stored: windowOf(source, fileDataStart, of.uncompressedSize, name) }
    }
    return {
      name,
      member,
      wrapper: 'zip',
      packedBytes: of.compressedSize,
      unpacked: (onRead) => inflated(() => zip.openReadStreamPromise(of), of, onRead),
    }
  } catch (error) {
    if (signal?.aborted === true || !(error instanceof Error) || 'exit' in error) throw error
    throw raise('IMAGE_WRAPPER_DAMAGED', { path: name, wrapper: 'zip', reason: error.message }, error)
  }
}

async function* filesOf(
  entries: AsyncIterable<Entry>,
  nameOf: (entry: Entry) => string,
): AsyncGenerator<Readonly<{ name: string; of: Entry }>> {
  for await (const of of entries) {
    const name = nameOf(of)
    if (!name.endsWith('/')) yield { name, of }
  }
}

/** yauzl compares sizes; the checksum is compared here. */
async function* inflated(
  open: () => Promise<Readable>,
  { crc32: expected, compressedSize, uncompressedSize }: Entry,
  onRead: (doneBytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let crc = 0
  let doneBytes = 0
  for await (const chunk of (await open()) as AsyncIterable<Buffer>) {
    crc = crc32(chunk, crc)
    doneBytes += chunk.length
    onRead(Math.floor((doneBytes / Math.max(1, uncompressedSize)) * compressedSize))
    yield chunk
  }
  if (crc !== expected) throw new Error('the checksum of its member does not fit')
}
