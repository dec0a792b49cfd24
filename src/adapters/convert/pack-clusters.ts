import { constants, deflateRawSync, zstdCompressSync } from 'node:zlib'
import { NEW_CLUSTER_BYTES } from '../../formats/qcow2/index.ts'
import type { CompressionType } from '../../formats/qcow2/index.ts'
import type { ChunkCluster } from '../../ports/index.ts'

const ZERO_CLUSTER = Buffer.alloc(NEW_CLUSTER_BYTES)

/** QEMU decompresses with a window of 2^12 (block/qcow2-threads.c): a larger one would not be read. */
const ZLIB = { windowBits: 12, memLevel: 9, level: 6 } as const
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 3 } }

/**
 * The clusters of a chunk that are not all zeros, each compressed by itself; as it is where that is not smaller. The last
 * cluster of a disk may be cut: it is filled with zeros.
 */
export function packClusters(
  chunk: Uint8Array,
  compression: CompressionType,
): Readonly<{ bytes: Uint8Array<ArrayBuffer>; clusters: readonly ChunkCluster[] }> {
  const parts: Uint8Array[] = []
  const clusters: ChunkCluster[] = []
  for (let at = 0; at < chunk.length; at += NEW_CLUSTER_BYTES) {
    const cluster = wholeCluster(chunk.subarray(at, at + NEW_CLUSTER_BYTES))
    if (Buffer.compare(cluster, ZERO_CLUSTER) === 0) continue
    const packed = compression === 'zlib' ? deflateRawSync(cluster, ZLIB) : zstdCompressSync(cluster, ZSTD)
    const isSmaller = packed.length < NEW_CLUSTER_BYTES
    const part = isSmaller ? packed : cluster
    parts.push(part)
    clusters.push({ at, lengthBytes: part.length, form: isSmaller ? 'packed' : 'stored' })
  }
  return { bytes: Uint8Array.from(Buffer.concat(parts)), clusters }
}

function wholeCluster(bytes: Uint8Array): Uint8Array {
  if (bytes.length === NEW_CLUSTER_BYTES) return bytes
  const whole = new Uint8Array(NEW_CLUSTER_BYTES)
  whole.set(bytes)
  return whole
}
