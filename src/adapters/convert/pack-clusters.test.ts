import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { inflateRawSync, zstdDecompressSync } from 'node:zlib'
import { NEW_CLUSTER_BYTES } from '../../formats/qcow2/index.ts'
import { packClusters } from './pack-clusters.ts'

describe('clusters of a qcow2 image', () => {
  const text = Buffer.alloc(NEW_CLUSTER_BYTES, 'a line of some file\n')
  const zeros = Buffer.alloc(NEW_CLUSTER_BYTES)
  const noise = randomBytes(NEW_CLUSTER_BYTES)

  for (const compression of ['zlib', 'zstd'] as const) {
    test(`are compressed one by one with ${compression}, except zeros and what does not shrink`, () => {
      const cut = Buffer.from('the end of the disk')
      const { bytes, clusters } = packClusters(Buffer.concat([text, zeros, noise, cut]), compression)
      assert.deepEqual(
        clusters.map(({ at, form }) => [at / NEW_CLUSTER_BYTES, form]),
        [
          [0, 'packed'],
          [2, 'stored'],
          [3, 'packed'],
        ],
      )
      let from = 0
      const [first, second, last] = clusters.map(({ lengthBytes, form }) => {
        const part = bytes.subarray(from, from + lengthBytes)
        from += lengthBytes
        if (form === 'stored') return Buffer.from(part)
        return compression === 'zlib' ? inflateRawSync(part, { windowBits: 12 }) : zstdDecompressSync(part)
      })
      assert.equal(from, bytes.length)
      assert.deepEqual([first, second], [text, noise])
      assert.deepEqual(last, Buffer.concat([cut, zeros]).subarray(0, NEW_CLUSTER_BYTES))
    })
  }
})
