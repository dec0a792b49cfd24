import assert from 'node:assert/strict'
import { it } from 'node:test'
import { extentsOf, fromBytes } from '../../bytes/index.ts'
import { openQcow2 } from './index.ts'
import { NEW_CLUSTER_BYTES, newQcow2 } from './write-layout.ts'

const decompress = {
  inflateRaw: () => Promise.reject(new Error('nothing is compressed')),
  zstd: () => Promise.reject(new Error('nothing is compressed')),
}

it('a new image reads back as what was put into it', async () => {
  const sizeBytes = 600 * 1024 * 1024 + 512
  // Two L2 tables: one covers 512 MiB.
  const clusters = [0, 1, 7, 8191, 8192, 9000, Math.floor(sizeBytes / NEW_CLUSTER_BYTES)]
  const { header, tables } = newQcow2(sizeBytes, clusters)
  const data = clusters.map((cluster) => new Uint8Array(NEW_CLUSTER_BYTES).fill(1 + (cluster % 255)))
  const file = new Uint8Array(header.length + data.length * NEW_CLUSTER_BYTES + tables.length)
  file.set(header)
  for (const [index, bytes] of data.entries()) file.set(bytes, (1 + index) * NEW_CLUSTER_BYTES)
  file.set(tables, (1 + data.length) * NEW_CLUSTER_BYTES)

  const { source, warnings } = await openQcow2(fromBytes(file), { decompress })
  assert.equal(source.size, sizeBytes)
  assert.deepEqual(warnings, [])
  for (const cluster of clusters) {
    const [byte] = await source.read(cluster * NEW_CLUSTER_BYTES, 1)
    assert.equal(byte, 1 + (cluster % 255))
  }
  const dataExtents: number[] = []
  for await (const { kind, offsetBytes } of extentsOf(source)) {
    if (kind === 'data') dataExtents.push(offsetBytes / NEW_CLUSTER_BYTES)
  }
  assert.deepEqual(dataExtents, [0, 7, 8191, 9000, 9600])
})
