import type { ByteSource } from '../../bytes/index.ts'
import { packedUnits } from '../block-map/index.ts'
import type { ReadPacked } from '../block-map/index.ts'
import { raise } from './errors.ts'
import { GRAIN_MARKER, SECTOR_BYTES } from './layout.ts'
import type { PackedRun } from './sparse-runs.ts'

/**
 * Decompresses a zlib stream (RFC 1950), behind which other bytes may follow, to fill `into` exactly; anything else
 * rejects. Given by the caller, since this room has no codec.
 */
export type InflateZlib = (bytes: Uint8Array, into: Uint8Array) => Promise<void>

export type PackedGrains = Readonly<{
  readPacked: ReadPacked
  /** To how many bytes a grain decompresses, of which `lengthBytes` are the disk's. */
  unitBytesOf: (run: PackedRun, lengthBytes: number) => Promise<number>
}>

export function packedGrains(source: ByteSource, markers: boolean, inflate: InflateZlib): PackedGrains {
  const markerBytes = markers ? GRAIN_MARKER.sizeBytes : 0

  /** `bytes` begin at the marker. */
  async function expand(run: PackedRun, bytes: Uint8Array, into: Uint8Array): Promise<void> {
    const guestOffsetBytes = grainStart(run)
    const offsetBytes = run.hostOffsetBytes - markerBytes
    const damaged = (problem: string, cause?: unknown): Error =>
      raise('VMDK_GRAIN_DAMAGED', { source: source.name, guestOffsetBytes, offsetBytes, problem }, cause)
    let stream = bytes.subarray(markerBytes)
    if (markers) {
      const { sector, sizeBytes } = GRAIN_MARKER.read(bytes, offsetBytes)
      if (sector !== BigInt(guestOffsetBytes / SECTOR_BYTES)) {
        throw damaged(`its marker is that of sector ${sector}`)
      }
      if (sizeBytes === 0 || sizeBytes > stream.length) {
        throw damaged(`its marker says ${sizeBytes} bytes, and there is room for ${stream.length}`)
      }
      stream = stream.subarray(0, sizeBytes)
    }
    try {
      await inflate(stream, into)
    } catch (error) {
      throw damaged(`it does not decompress to ${into.length} bytes`, error)
    }
  }

  const { readInto, readUnit } = packedUnits<PackedRun>({
    source,
    hostRange: ({ hostOffsetBytes, hostLengthBytes }) => ({
      offsetBytes: hostOffsetBytes - markerBytes,
      lengthBytes: hostLengthBytes + markerBytes,
    }),
    unitStart: grainStart,
    unitBytes: ({ unitBytes }) => unitBytes,
    expand,
  })

  return {
    readPacked: readInto,
    async unitBytesOf(run, lengthBytes) {
      // Writers pad the last grain, but for QEMU, which ends it with the disk.
      try {
        await readUnit(run)
        return run.unitBytes
      } catch (error) {
        await readUnit({ ...run, unitBytes: lengthBytes }).catch(() => Promise.reject(error))
        return lengthBytes
      }
    },
  }
}

function grainStart(run: PackedRun): number {
  return run.offsetBytes - run.unitOffsetBytes
}
