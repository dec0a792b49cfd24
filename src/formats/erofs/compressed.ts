import { badField, raise } from './errors.ts'
import { ALGORITHMS, INCOMPAT } from './features.ts'
import { locate } from './flat.ts'
import type { Inode } from './inode.ts'
import { ClusterFinder } from './cluster-map.ts'
import type { Cluster } from './cluster-map.ts'
import { ExtentFinder } from './extent-table.ts'
import { MOST_PACKED_BYTES } from './layout.ts'
import { readMapHeader } from './map-header.ts'
import type { FindPiece, Piece } from './pieces.ts'
import type { Volume } from './volume.ts'

const STRUCTURE = 'a compressed cluster'
const NEAR_BYTES = 32_768

/** Compressed content: clusters, and what is in the packed inode. */
export async function compressedPieces(volume: Volume, inode: Inode): Promise<FindPiece> {
  const { sizeBytes } = inode.stat
  if (sizeBytes === 0) return async () => ({ startBytes: 0, lengthBytes: 0, kind: 'hole' })
  const compressed = await readMapHeader(volume, inode)
  if (compressed.by === 'fragment') {
    const whole = { startBytes: 0, lengthBytes: sizeBytes, fragmentBytes: compressed.atBytes }
    return async () => fragmentPiece(volume, inode, whole)
  }
  const finder =
    compressed.by === 'extents'
      ? new ExtentFinder(volume, inode, compressed.map)
      : new ClusterFinder(volume, inode, compressed.map)
  let last: Piece | undefined
  return async (offset) => {
    // Readers ask for one stretch in several steps.
    if (last !== undefined && offset >= last.startBytes && offset < last.startBytes + last.lengthBytes)
      return last
    const found = await finder.find(offset)
    const { startBytes, lengthBytes } = found
    if ('fragmentBytes' in found) last = await fragmentPiece(volume, inode, found)
    else if ('isHole' in found) last = { startBytes, lengthBytes, kind: 'hole' }
    else last = { startBytes, lengthBytes, kind: 'packed', unpack: () => unpackCluster(volume, inode, found) }
    return last
  }
}

async function fragmentPiece(
  volume: Volume,
  inode: Inode,
  {
    startBytes,
    lengthBytes,
    fragmentBytes,
  }: Readonly<{ startBytes: number; lengthBytes: number; fragmentBytes: number }>,
): Promise<Piece> {
  const where = { structure: 'a fragment', base: inode.at }
  if (inode.nid === volume.geometry.packedNid)
    throw badField(where, 0, 'a fragment', 'in the packed inode', 'none')
  const packed = await volume.packed()
  if (!(fragmentBytes + lengthBytes <= packed.size))
    throw badField(
      where,
      0,
      'its end in the packed inode',
      fragmentBytes + lengthBytes,
      `at most ${packed.size}`,
    )
  return {
    startBytes,
    lengthBytes,
    kind: 'stored',
    source: packed,
    sourceOffsetBytes: fragmentBytes,
    where: 'elsewhere',
  }
}

/** What a cluster gives, kept for those who ask for the rest of it. */
function unpackCluster(volume: Volume, inode: Inode, cluster: Cluster): Promise<Uint8Array> {
  const { where, atBytes, lengthBytes, packedWith, startBytes } = cluster
  const place = where === 'inode' ? `i${inode.nid}` : `${atBytes}`
  const key = `${place}:${lengthBytes}:${packedWith === 'interlaced' ? startBytes : packedWith}`
  return volume.clusters.get(key, lengthBytes, async () => expand(volume, inode, cluster))
}

async function expand(volume: Volume, inode: Inode, cluster: Cluster): Promise<Uint8Array> {
  const { packedWith, lengthBytes, packedBytes } = cluster
  if (packedBytes > MOST_PACKED_BYTES)
    throw badField(
      { structure: STRUCTURE, base: cluster.atBytes },
      0,
      'its length',
      packedBytes,
      `at most ${MOST_PACKED_BYTES}`,
    )
  const packed = await readPacked(volume, inode, cluster)
  if (packedWith === 'shifted' || packedWith === 'interlaced') {
    if (lengthBytes > packedBytes)
      throw badField(
        { structure: STRUCTURE, base: cluster.atBytes },
        0,
        'its length',
        packedBytes,
        `at least ${lengthBytes}`,
      )
    return packedWith === 'shifted'
      ? new Uint8Array(packed.subarray(0, lengthBytes))
      : turnBack(packed, cluster, volume.geometry.blockSize)
  }
  const { algorithms, incompat } = volume.geometry
  const algorithm = ALGORITHMS[packedWith]
  if (algorithm === undefined || ((algorithms >>> packedWith) & 1) === 0) {
    const where = { structure: STRUCTURE, base: cluster.atBytes }
    throw badField(where, 0, 'its algorithm', packedWith, 'one that the superblock names')
  }
  const isPadded = (incompat & INCOMPAT.lz4ZeroPadding) !== 0
  // Zeros come first, so that the end of the cluster is the end of the stream. Old ones have them behind it.
  let margin = 0
  if (isPadded) while (margin < packed.length && packed[margin] === 0) margin += 1
  const into = new Uint8Array(lengthBytes)
  const part = cluster.isPartial || !isPadded ? 'start' : 'whole'
  let reason: string
  try {
    const given = await volume.unpack(algorithm.packing, packed.subarray(margin), into, part)
    if (given === lengthBytes) return into
    reason = `it gives ${given} bytes, not ${lengthBytes}`
  } catch (cause) {
    reason = cause instanceof Error ? cause.message : String(cause)
  }
  const { name } = algorithm
  throw raise('EROFS_BAD_CLUSTER', {
    algorithm: name,
    offsetBytes: cluster.atBytes,
    inode: String(inode.nid),
    reason,
  })
}

async function readPacked(volume: Volume, inode: Inode, cluster: Cluster): Promise<Uint8Array> {
  const { where, atBytes, packedBytes } = cluster
  const { blockSize } = volume.geometry
  if (where === 'inode') {
    if ((atBytes % blockSize) + packedBytes > blockSize || atBytes + packedBytes > inode.meta.size)
      throw badField(
        { structure: STRUCTURE, base: atBytes },
        0,
        'the length of its tail',
        packedBytes,
        'one that fits into its block',
      )
    return inode.meta.read(atBytes, packedBytes)
  }
  const { source, sourceOffsetBytes } = locate(volume, inode.nid, 0, atBytes)
  if (sourceOffsetBytes + packedBytes > source.size)
    throw badField(
      { structure: STRUCTURE, base: atBytes },
      0,
      'its end',
      atBytes + packedBytes,
      `at most ${source.size}`,
    )
  const isNear = packedBytes <= NEAR_BYTES && source === volume.source
  return (isNear ? volume.near : source).read(sourceOffsetBytes, packedBytes)
}

/** Stored as it is, each byte at its own place in a block: what goes over the end of the block stands at its beginning. */
function turnBack(packed: Uint8Array, { startBytes, lengthBytes }: Cluster, blockSize: number): Uint8Array {
  const out = new Uint8Array(lengthBytes)
  const first = startBytes % blockSize
  const right = Math.min(blockSize - first, lengthBytes)
  out.set(packed.subarray(first, first + right))
  out.set(packed.subarray(0, lengthBytes - right), right)
  return out
}
