/**
 * The sections of a PE image (Microsoft, "PE Format"; the part that EFI programs use): enough to take apart a unified
 * kernel image (UAPI.5). Not read: symbols, relocations, signatures, the names of sections longer than eight bytes.
 */
import { at, struct, text, u16le, u32le, windowOf } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { raise } from './errors.ts'

export type PeSection = Readonly<{
  name: string
  offsetBytes: number
  /** What is loaded; the file may have some more, to fill up a block. */
  lengthBytes: number
  source: ByteSource
}>

export type PeImage = Readonly<{ machine: number; sections: readonly PeSection[] }>

const DOS_HEADER = struct('DOS header', 64, { magic: at(0, u16le), peOffset: at(60, u32le) })
const COFF_HEADER = struct('COFF header', 24, {
  signature: at(0, u32le),
  machine: at(4, u16le),
  sections: at(6, u16le),
  optionalSize: at(20, u16le),
})
const SECTION = struct('section header', 40, {
  name: at(0, text(8)),
  virtualSize: at(8, u32le),
  rawSize: at(16, u32le),
  rawOffset: at(20, u32le),
})
/** The loaders of Windows and EFI take no more. */
const MOST_SECTIONS = 96
/** The headers of all that is built lie within it. */
const HEAD_BYTES = 8192

/** Throws PE_MISSING, PE_DAMAGED. */
export async function openPe(
  source: ByteSource,
  options: Readonly<{ signal?: AbortSignal }> = {},
): Promise<PeImage> {
  const head = await source.read(0, Math.min(source.size, HEAD_BYTES), options.signal)
  if (head.length < DOS_HEADER.sizeBytes)
    throw raise('PE_MISSING', { source: source.name, reason: 'it is too short' })
  const dos = DOS_HEADER.read(head)
  if (dos.magic !== 0x5a4d)
    throw raise('PE_MISSING', { source: source.name, reason: 'it does not begin with MZ' })
  const { peOffset } = dos
  if (peOffset + COFF_HEADER.sizeBytes > head.length) {
    throw raise('PE_MISSING', { source: source.name, reason: `its header would lie at byte ${peOffset}` })
  }
  const coff = COFF_HEADER.read(head.subarray(peOffset), peOffset)
  if (coff.signature !== 0x4550)
    throw raise('PE_MISSING', { source: source.name, reason: 'there is no PE signature' })
  const table = peOffset + COFF_HEADER.sizeBytes + coff.optionalSize
  if (coff.sections > MOST_SECTIONS || table + coff.sections * SECTION.sizeBytes > head.length) {
    throw raise('PE_DAMAGED', {
      source: source.name,
      offsetBytes: peOffset + 6,
      expected: `at most ${MOST_SECTIONS} sections within ${HEAD_BYTES} bytes`,
      found: `${coff.sections} at byte ${table}`,
    })
  }
  const sections = Array.from({ length: coff.sections }, (_, index): PeSection => {
    const offset = table + index * SECTION.sizeBytes
    const { name, virtualSize, rawSize, rawOffset } = SECTION.read(head.subarray(offset), offset)
    // Object files have no virtual size; else what is beyond it only fills up the file's last block.
    const lengthBytes = virtualSize === 0 ? rawSize : Math.min(virtualSize, rawSize)
    if (rawOffset + lengthBytes > source.size) {
      throw raise('PE_DAMAGED', {
        source: source.name,
        offsetBytes: offset + 16,
        expected: `a section that ends by ${source.size}`,
        found: `${name} at ${rawOffset}, ${lengthBytes} bytes long`,
      })
    }
    return {
      name,
      offsetBytes: rawOffset,
      lengthBytes,
      source: windowOf(source, rawOffset, lengthBytes, `${name} of "${source.name}"`),
    }
  })
  return { machine: coff.machine, sections }
}

/** Whether it begins as one. Reads 64 bytes. */
export async function probePe(source: ByteSource): Promise<boolean> {
  if (source.size < DOS_HEADER.sizeBytes) return false
  return DOS_HEADER.read(await source.read(0, DOS_HEADER.sizeBytes)).magic === 0x5a4d
}
