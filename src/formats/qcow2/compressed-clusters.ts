import { neighbours } from '../../bytes/index.ts'
import type { ByteSource, Group } from '../../bytes/index.ts'
import type { Run } from './cluster-map.ts'
import type { Decompress } from './decompress.ts'
import { raise } from './errors.ts'
import type { CompressionType } from './header.ts'

/** Neighbours in the file are fetched in one read, if no more than this lies between them, up to this much. */
const FETCH = { mostGapBytes: 65_536, mostBytes: 4 * 1024 * 1024 } as const
/** Clusters that were only read in part are kept: file systems read metadata in small pieces. */
const KEPT_BYTES = 8 * 1024 * 1024

export type CompressedClusters = Readonly<{
  /** Reads the runs, all of them compressed, into `out`, whose first byte is byte `outOffset` of the disk. */
  readInto: (runs: readonly Run[], out: Uint8Array, outOffset: number, signal?: AbortSignal) => Promise<void>
}>

/**
 * INVARIANTS: a cluster that is kept was decompressed once, however many asked for it at a time; one that failed is not
 * kept; no more than KEPT_BYTES are. Whole clusters pass by what is kept, so that streaming does not empty it.
 */
export function compressedClusters(
  source: ByteSource,
  clusterBytes: number,
  compression: CompressionType,
  decompress: Decompress,
): CompressedClusters {
  const expand = compression === 'zstd' ? decompress.zstd : decompress.inflateRaw
  const keptCount = Math.max(1, Math.floor(KEPT_BYTES / clusterBytes))
  /** By offset on the disk, in order of use. */
  const kept = new Map<number, Promise<Uint8Array>>()

  const clusterStart = (run: Run): number => run.offsetBytes - (run.offsetBytes % clusterBytes)

  async function expandCluster(run: Run, bytes: Uint8Array, into: Uint8Array): Promise<void> {
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
  }

  async function readCluster(run: Run): Promise<Uint8Array> {
    // Not bound to the caller's signal: others may be waiting for the same cluster.
    const bytes = await source.read(run.hostOffsetBytes, run.hostLengthBytes)
    const cluster = new Uint8Array(clusterBytes)
    await expandCluster(run, bytes, cluster)
    return cluster
  }

  function place(run: Run, cluster: Uint8Array, out: Uint8Array, outOffset: number): void {
    const from = run.offsetBytes - clusterStart(run)
    out.set(cluster.subarray(from, from + run.lengthBytes), run.offsetBytes - outOffset)
  }

  function keptCluster(run: Run): Promise<Uint8Array> {
    const key = clusterStart(run)
    const known = kept.get(key)
    const cluster = known ?? readCluster(run)
    kept.delete(key)
    kept.set(key, cluster)
    if (known === undefined) {
      cluster.catch(() => {
        if (kept.get(key) === cluster) kept.delete(key)
      })
    }
    const [oldest] = kept.keys()
    if (kept.size > keptCount && oldest !== undefined) kept.delete(oldest)
    return cluster
  }

  async function expandGroup(
    group: Group<Run>,
    out: Uint8Array,
    outOffset: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const bytes = await source.read(group.offsetBytes, group.lengthBytes, signal)
    await Promise.all(
      group.members.map(async (run) => {
        const from = run.hostOffsetBytes - group.offsetBytes
        const at = run.offsetBytes - outOffset
        const piece = bytes.subarray(from, from + run.hostLengthBytes)
        await expandCluster(run, piece, out.subarray(at, at + clusterBytes))
      }),
    )
  }

  return {
    async readInto(runs, out, outOffset, signal) {
      const whole: Run[] = []
      const work: Promise<void>[] = []
      for (const run of runs) {
        if (run.lengthBytes === clusterBytes && !kept.has(clusterStart(run))) whole.push(run)
        else work.push(keptCluster(run).then((cluster) => place(run, cluster, out, outOffset)))
      }
      for (const group of neighbours(whole, hostRange, FETCH)) {
        work.push(expandGroup(group, out, outOffset, signal))
      }
      await Promise.all(work)
    },
  }
}

function hostRange(run: Run): Readonly<{ offsetBytes: number; lengthBytes: number }> {
  return { offsetBytes: run.hostOffsetBytes, lengthBytes: run.hostLengthBytes }
}
