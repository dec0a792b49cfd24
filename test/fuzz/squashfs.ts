import { unpack } from '../../src/adapters/codec/index.ts'
import { openSquashfs } from '../../src/formats/squashfs/index.ts'
import { SUPERBLOCK } from '../../src/formats/squashfs/layout.ts'
import type { ByteSource } from '../../src/bytes/index.ts'
import { loadFixtures } from '../fixtures/load-fixtures.ts'
import { walkFileSystem } from './harness/file-system-walk.ts'
import { fieldsOf } from './target.ts'
import type { FuzzField, FuzzTarget } from './target.ts'

/** The tables of an image in which nothing is compressed: from the inodes to the end. */
const MOST_WORDS = 4000

export const squashfs: FuzzTarget = {
  name: 'squashfs',
  seeds: () => loadFixtures('squashfs'),
  async exercise(source) {
    await walkFileSystem(await openSquashfs(source, { algorithms: { unpack } }))
  },
  async fields(seed) {
    const tables = seed.name.includes('plain') ? await words(seed) : []
    return [...fieldsOf(SUPERBLOCK, 0, 'le'), ...[56, 64, 72, 80, 88].map(place), ...tables]
  },
}

function place(offsetBytes: number): FuzzField {
  return { offsetBytes, lengthBytes: 8, endian: 'le' }
}

async function words(seed: ByteSource): Promise<readonly FuzzField[]> {
  const head = new DataView((await seed.read(0, 96)).slice().buffer)
  const start = Number(head.getBigUint64(64, true))
  const end = Math.min(Number(head.getBigUint64(40, true)), start + MOST_WORDS * 2)
  const fields: FuzzField[] = []
  for (let offsetBytes = start; offsetBytes + 4 <= end; offsetBytes += 2)
    fields.push({ offsetBytes, lengthBytes: offsetBytes % 4 === 0 ? 4 : 2, endian: 'le' })
  return fields
}
