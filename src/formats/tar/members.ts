/**
 * Members of a tar archive (POSIX.1-2001 pax, ustar, v7, GNU with long names and sparse files in all its four forms), as
 * sources over the archive: nothing is unpacked. Directories, links and devices are told by name, and have no bytes.
 *
 * References: POSIX.1-2001 `pax`, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format" and "Storing Sparse Files".
 */
import { windowOf } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import { BLOCK_BYTES, parseHeader, textAt } from './header.ts'
import type { Header } from './header.ts'
import { oldGnuMap, paxMap, sparseFile } from './sparse.ts'

export type TarMember = Readonly<{
  name: string
  /** Undefined where it is no regular file. */
  file: ByteSource | undefined
}>

type Records = ReadonlyMap<string, readonly string[]>

/** Of a long name or of pax records; GNU.sparse.map is the longest that is met. */
const MOST_RECORD_BYTES = 8 * 1024 * 1024
const FILE_TYPES = new Set(['\0', '0', '7', 'S'])

/** In the order of the archive. Throws TAR_DAMAGED. */
export async function* tarMembers(
  source: ByteSource,
  signal?: AbortSignal,
): AsyncGenerator<TarMember, void, undefined> {
  let longName: string | undefined
  let records: Records = new Map()
  for (let at = 0; at + BLOCK_BYTES <= source.size;) {
    const block = await source.read(at, BLOCK_BYTES, signal)
    if (block.every((byte) => byte === 0)) return
    const header = parseHeader(source, at, block)
    const dataOffset = at + BLOCK_BYTES
    if (header.type === 'L' || header.type === 'x') {
      const bytes = await recordBytes(source, header, at, signal)
      if (header.type === 'L') longName = textAt(bytes, 0, bytes.length)
      else records = paxRecords(source, at, bytes)
      at = dataOffset + padded(header.sizeBytes)
      continue
    }
    const said = records.get('size')?.at(-1)
    const storedBytes = said === undefined ? header.sizeBytes : Number(said)
    const name =
      records.get('GNU.sparse.name')?.at(-1) ?? records.get('path')?.at(-1) ?? longName ?? header.name
    // Links have a size of the file that they lead to, and no bytes.
    const hasBytes = !['1', '2', '3', '4', '5', '6'].includes(header.type)
    const map =
      header.type === 'S'
        ? await oldGnuMap(source, block, dataOffset, signal)
        : await paxMap(source, records, dataOffset, storedBytes, signal)
    const extraBytes = header.type === 'S' ? (map?.headerBytes ?? 0) : 0
    const end = dataOffset + (hasBytes ? padded(storedBytes) + extraBytes : 0)
    if (!Number.isSafeInteger(end) || (hasBytes && dataOffset + extraBytes + storedBytes > source.size)) {
      throw raise('TAR_DAMAGED', {
        source: source.name,
        offsetBytes: at,
        problem: `"${name}" goes on behind the end of the archive`,
      })
    }
    yield { name, file: FILE_TYPES.has(header.type) ? open() : undefined }
    at = end
    longName = undefined
    records = new Map()

    function open(): ByteSource {
      return map === undefined
        ? windowOf(source, dataOffset, storedBytes, name)
        : sparseFile(source, map, dataOffset, storedBytes, name)
    }
  }
}

async function recordBytes(
  source: ByteSource,
  { sizeBytes }: Header,
  at: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (sizeBytes > MOST_RECORD_BYTES || at + BLOCK_BYTES + sizeBytes > source.size) {
    const problem = `a header of ${sizeBytes} bytes for one member begins`
    throw raise('TAR_DAMAGED', { source: source.name, offsetBytes: at, problem })
  }
  return source.read(at + BLOCK_BYTES, sizeBytes, signal)
}

/** `LENGTH KEY=VALUE\n`, where the length counts itself. */
function paxRecords(source: ByteSource, offsetBytes: number, bytes: Uint8Array): Records {
  const records = new Map<string, string[]>()
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at)
    const length =
      space === -1 ? Number.NaN : Number(new TextDecoder('latin1').decode(bytes.subarray(at, space)))
    if (!Number.isSafeInteger(length) || length <= space - at || at + length > bytes.length) {
      throw raise('TAR_DAMAGED', { source: source.name, offsetBytes, problem: 'pax records do not parse' })
    }
    const [, key = '', value = ''] =
      /^([^=]*)=(.*)\n$/s.exec(new TextDecoder().decode(bytes.subarray(space + 1, at + length))) ?? []
    const known = records.get(key)
    if (known === undefined) records.set(key, [value])
    else known.push(value)
    at += length
  }
  return records
}

function padded(lengthBytes: number): number {
  return Math.ceil(lengthBytes / BLOCK_BYTES) * BLOCK_BYTES
}
