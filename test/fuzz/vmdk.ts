import { expandAll } from '../../src/adapters/codec/index.ts'
import { fromBytes, zeros } from '../../src/bytes/index.ts'
import type { ByteSource } from '../../src/bytes/index.ts'
import { openVmdk } from '../../src/formats/vmdk/index.ts'
import { SPARSE_HEADER } from '../../src/formats/vmdk/layout.ts'
import { loadImage } from '../fixtures/load-image.ts'
import { streamVmdk } from '../fixtures/stream-vmdk.ts'
import { fieldsOf } from './target.ts'
import type { FuzzField, FuzzTarget } from './target.ts'
import { readDisk } from './virtual-disk/read-disk.ts'

const FIXTURES = new URL('../../src/formats/vmdk/fixtures/', import.meta.url)
const DESCRIPTOR = `# Disk DescriptorFile
CID=fffffffe
parentCID=ffffffff
createType="twoGbMaxExtentSparse"
RW 100 FLAT "disk-f001.vmdk" 0
RW 8 ZERO
RW 6 FLAT "disk-f002.vmdk" 3
`

async function zlib(bytes: Uint8Array, into: Uint8Array): Promise<void> {
  const parts = Uint32Array.of(0, bytes.length)
  if (expandAll('zlib', bytes, parts, into.length, into).length > 0) throw new Error('not decompressed')
}

export const vmdk: FuzzTarget = {
  name: 'vmdk',
  async seeds() {
    const disk = new Uint8Array(60_000 - (60_000 % 512)).fill(7, 9000, 30_000)
    const options = { grainSectors: 8, tableEntries: 4, padsLastGrain: true, level: 1 }
    return [
      await loadImage(new URL('sparse.vmdk.zst', FIXTURES).pathname),
      await loadImage(new URL('stream.vmdk.zst', FIXTURES).pathname),
      fromBytes(streamVmdk(disk, options)),
      fromBytes(streamVmdk(disk, { ...options, padsLastGrain: false })),
      fromBytes(new Uint8Array(Buffer.from(DESCRIPTOR))),
    ]
  },
  async exercise(source) {
    const openOther = async (): Promise<ByteSource> => zeros(100_000, 'the other file')
    await readDisk((await openVmdk(source, { decompress: { zlib }, openOther })).source)
  },
  async fields(seed) {
    const header = [...fieldsOf(SPARSE_HEADER, 0, 'le'), ...fieldsOf(SPARSE_HEADER, seed.size - 1024, 'le')]
    const words: FuzzField[] = []
    for (const base of [512 * 21, 512 * 22, 512 * 26, seed.size - 2048, seed.size - 3072]) {
      for (let at = base; at < base + 32; at += 4)
        words.push({ offsetBytes: at, lengthBytes: 4, endian: 'le' })
    }
    return [...header, ...words].filter(
      ({ offsetBytes, lengthBytes }) => offsetBytes >= 0 && offsetBytes + lengthBytes <= seed.size,
    )
  },
}
