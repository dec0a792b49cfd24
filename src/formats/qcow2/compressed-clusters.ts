import type { ByteSource } from '../../bytes/index.ts'
import { packedUnits } from '../block-map/index.ts'
import type { PackedUnits } from '../block-map/index.ts'
import type { Run } from './cluster-map.ts'
import type { Decompress } from './decompress.ts'
import { raise } from './errors.ts'
import type { CompressionType } from './header.ts'

/** Reads runs, all of them compressed. */
export function compressedClusters(
  source: ByteSource,
  clusterBytes: number,
  compression: CompressionType,
  decompress: Decompress,
): Pick<PackedUnits<Run>, 'readInto'> {
  const expand = compression === 'zstd' ? decompress.zstd : decompress.inflateRaw
  const clusterStart = (run: Run): number => run.offsetBytes - (run.offsetBytes % clusterBytes)
  return packedUnits({
    source,
    hostRange: ({ hostOffsetBytes, hostLengthBytes }) => ({
      offsetBytes: hostOffsetBytes,
      lengthBytes: hostLengthBytes,
    }),
    unitStart: clusterStart,
    unitBytes: () => clusterBytes,
    async expand(run, bytes, into) {
      try {
        await expand(bytes, into)
      } catch (error) {
        const { hostOffsetBytes, hostLengthBytes } = run
        const where = {
          guestOffsetBytes: clusterStart(run),
          offsetBytes: hostOffsetBytes,
          lengthBytes: hostLengthBytes,
        }
        throw raise('QCOW2_CLUSTER_DAMAGED', { source: source.name, ...where, clusterBytes }, error)
      }
    },
  })
}
