import { Units, neighbours } from '../../bytes/index.ts'
import type { ByteSource, Group } from '../../bytes/index.ts'

/** A part of one compressed unit, as bytes of the disk. */
type Part = Readonly<{ offsetBytes: number; lengthBytes: number }>

export type PackedUnitsOptions<T extends Part> = Readonly<{
  source: ByteSource
  /** Where the compressed form of the part's unit is in the source. */
  hostRange: (part: T) => Readonly<{ offsetBytes: number; lengthBytes: number }>
  /** Where the part's unit begins on the disk. */
  unitStart: (part: T) => number
  unitBytes: (part: T) => number
  /** Fills `into` with the unit, of which `bytes` are the compressed form. */
  expand: (part: T, bytes: Uint8Array, into: Uint8Array) => Promise<void>
}>

export type PackedUnits<T extends Part> = Readonly<{
  /** Reads parts into `out`, whose first byte is byte `outOffset` of the disk. */
  readInto: (parts: readonly T[], out: Uint8Array, outOffset: number, signal?: AbortSignal) => Promise<void>
  /** The whole unit of a part, which is not kept. */
  readUnit: (part: T) => Promise<Uint8Array>
}>

/** Neighbours in the file are fetched in one read, if no more than this lies between them, up to this much. */
const FETCH = { mostGapBytes: 65_536, mostBytes: 4 * 1024 * 1024 } as const
/** Units that were only read in part are kept: file systems read metadata in small pieces. */
const KEPT_BYTES = 8 * 1024 * 1024

/** Reads compressed units of a disk. Whole units pass by what is kept, so that streaming does not empty it. */
export function packedUnits<T extends Part>(options: PackedUnitsOptions<T>): PackedUnits<T> {
  const { source, hostRange, unitStart, unitBytes, expand } = options
  const kept = new Units(KEPT_BYTES)

  async function readUnit(part: T): Promise<Uint8Array> {
    const { offsetBytes, lengthBytes } = hostRange(part)
    // Not bound to the caller's signal: others may be waiting for the same unit.
    const bytes = await source.read(offsetBytes, lengthBytes)
    const unit = new Uint8Array(unitBytes(part))
    await expand(part, bytes, unit)
    return unit
  }

  async function readPart(part: T, out: Uint8Array, outOffset: number): Promise<void> {
    const unit = await kept.get(unitStart(part), unitBytes(part), () => readUnit(part))
    const { offsetBytes, lengthBytes } = part
    const from = offsetBytes - unitStart(part)
    out.set(unit.subarray(from, from + lengthBytes), offsetBytes - outOffset)
  }

  async function readGroup(
    group: Group<T>,
    out: Uint8Array,
    outOffset: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const bytes = await source.read(group.offsetBytes, group.lengthBytes, signal)
    await Promise.all(
      group.members.map((part) => {
        const { offsetBytes, lengthBytes } = hostRange(part)
        const from = offsetBytes - group.offsetBytes
        const at = part.offsetBytes - outOffset
        return expand(part, bytes.subarray(from, from + lengthBytes), out.subarray(at, at + unitBytes(part)))
      }),
    )
  }

  return {
    readUnit,
    async readInto(parts, out, outOffset, signal) {
      const whole: T[] = []
      const work: Promise<void>[] = []
      for (const part of parts) {
        if (part.lengthBytes === unitBytes(part) && !kept.has(unitStart(part))) whole.push(part)
        else work.push(readPart(part, out, outOffset))
      }
      for (const group of neighbours(whole, hostRange, FETCH))
        work.push(readGroup(group, out, outOffset, signal))
      await Promise.all(work)
    },
  }
}
