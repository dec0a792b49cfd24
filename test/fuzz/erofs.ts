import { unpack } from '../../src/adapters/codec/index.ts'
import { openErofs } from '../../src/formats/erofs/index.ts'
import { SUPERBLOCK, SUPERBLOCK_AT } from '../../src/formats/erofs/layout.ts'
import { checksumOf } from '../../src/formats/erofs/superblock.ts'
import type { ByteSource } from '../../src/bytes/index.ts'
import { loadFixtures } from '../fixtures/load-fixtures.ts'
import { walkFileSystem } from './harness/file-system-walk.ts'
import { fieldsOf } from './target.ts'
import type { FuzzField, FuzzTarget } from './target.ts'

/** Words of the metadata behind the superblock that are worth being changed. */
const MOST_WORDS = 4000
const HAS_CHECKSUM = 1

export const erofs: FuzzTarget = {
  name: 'erofs',
  seeds: async () => (await loadFixtures('erofs')).filter(({ name }) => !name.includes('/lzma.')),
  async exercise(source) {
    await walkFileSystem(await openErofs(source, { algorithms: { unpack } }))
  },
  /** Puts the superblock's checksum right, which covers the rest of its block. */
  repair(image, touched) {
    if (image.size < SUPERBLOCK_AT + 128 || !touched.some((sector) => sector < 65_536)) return
    const head = image.get(SUPERBLOCK_AT, 128)
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
    const blockSize = 2 ** Math.min(16, view.getUint8(12))
    const length = blockSize > SUPERBLOCK_AT ? blockSize - SUPERBLOCK_AT : blockSize
    if ((view.getUint32(8, true) & HAS_CHECKSUM) === 0 || SUPERBLOCK_AT + length > image.size) return
    const checksum = new Uint8Array(4)
    new DataView(checksum.buffer).setUint32(0, checksumOf(image.get(SUPERBLOCK_AT, length)), true)
    image.set(SUPERBLOCK_AT + 4, checksum)
  },
  async fields(seed) {
    return [...fieldsOf(SUPERBLOCK, SUPERBLOCK_AT, 'le'), ...(await words(seed))]
  },
}

/** Those that are not zero: inodes, indices, chunks, directories. */
async function words(seed: ByteSource): Promise<readonly FuzzField[]> {
  const fields: FuzzField[] = []
  const bytes = await seed.read(0, Math.min(seed.size, 262_144))
  for (let offsetBytes = SUPERBLOCK_AT + 128; offsetBytes + 4 <= bytes.length; offsetBytes += 4) {
    if (fields.length >= MOST_WORDS) break
    if (bytes.subarray(offsetBytes, offsetBytes + 4).some((byte) => byte !== 0))
      fields.push(
        { offsetBytes, lengthBytes: 4, endian: 'le' },
        { offsetBytes, lengthBytes: 2, endian: 'le' },
      )
  }
  return fields
}
