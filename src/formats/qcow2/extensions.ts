import { Cursor } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import { EXTENSION, FEATURE_NAME_BYTES } from './layout.ts'

export type Extensions = Readonly<{
  backingFormat: string | undefined
  dataFile: string | undefined
  /** What the image calls its incompatible feature bits. */
  featureNames: ReadonlyMap<number, string>
}>

const decoder = new TextDecoder('utf-8')

/**
 * The header extensions between the header and the backing file's name. What is not known may be ignored: that is
 * what extensions are (an incompatible change sets a feature bit).
 */
export function readExtensions(source: string, block: Uint8Array, start: number, end: number): Extensions {
  const cursor = new Cursor(block.subarray(0, Math.max(start, end)), 'qcow2 header extension')
  let backingFormat: string | undefined
  let dataFile: string | undefined
  let featureNames: ReadonlyMap<number, string> = new Map()
  let offset = start
  // Each step moves on by at least 8 bytes, and the first cluster has at most 2 MiB.
  while (offset + 8 <= Math.min(end, cursor.length)) {
    const type = cursor.u32be(offset)
    const length = cursor.u32be(offset + 4)
    if (type === EXTENSION.end) break
    if (offset + 8 + length > end) {
      const field = `the length of header extension 0x${type.toString(16)}`
      const expected = `at most ${end - offset - 8}`
      throw raise('QCOW2_HEADER_INVALID', { source, field, offsetBytes: offset + 4, found: length, expected })
    }
    if (type === EXTENSION.backingFormat) backingFormat = decoder.decode(cursor.slice(offset + 8, length))
    if (type === EXTENSION.externalDataFile) dataFile = decoder.decode(cursor.slice(offset + 8, length))
    if (type === EXTENSION.featureNames) featureNames = namesIn(cursor.slice(offset + 8, length))
    offset += 8 + Math.ceil(length / 8) * 8
  }
  return { backingFormat, dataFile, featureNames }
}

function namesIn(table: Uint8Array): ReadonlyMap<number, string> {
  const names = new Map<number, string>()
  for (let offset = 0; offset + FEATURE_NAME_BYTES <= table.length; offset += FEATURE_NAME_BYTES) {
    const entry = table.subarray(offset, offset + FEATURE_NAME_BYTES)
    const end = entry.indexOf(0, 2)
    const name = decoder.decode(entry.subarray(2, end === -1 ? FEATURE_NAME_BYTES : end))
    const bit = entry[1] ?? 0
    if (entry[0] === 0 && bit < 64 && name !== '') names.set(bit, name)
  }
  return names
}
