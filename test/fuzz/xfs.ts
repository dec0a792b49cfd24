import { openXfs, probeXfs } from '../../src/formats/xfs/index.ts'
import { AGF, INODE, SUPERBLOCK } from '../../src/formats/xfs/layout.ts'
import { loadFixtures } from '../fixtures/load-fixtures.ts'
import { checksum, findSealed, structuresOf } from '../fixtures/xfs-structures.ts'
import { walkFileSystem } from './harness/file-system-walk.ts'
import { fieldsOf } from './target.ts'
import type { FuzzField, FuzzImage, FuzzTarget } from './target.ts'

const BOUNDS = { nodes: 60, entries: 40, endBytes: 8192 }

/** Of the fixtures, those that are read in a few milliseconds. */
const SEEDS = /\/(?:changed-uuid|default|dirty|everything|v4-ascii-ci|v4|small-blocks)\.img\.zst$/

export const xfs: FuzzTarget = {
  name: 'xfs',
  seeds: async () => (await loadFixtures('xfs')).filter(({ name }) => SEEDS.test(name)),
  async exercise(source) {
    await probeXfs(source)
    await walkFileSystem(await openXfs(source), BOUNDS)
  },
  /** Puts right the checksum of every structure of V5 that lies where something was changed. */
  repair(image, touched) {
    for (const sector of touched) seal(image, sector)
  },
  async fields(seed) {
    const structures = await structuresOf(seed)
    return [...fieldsOf(SUPERBLOCK, 0, 'be'), ...structures.flatMap(fieldsOfStructure)]
  },
}

function fieldsOfStructure(one: Awaited<ReturnType<typeof structuresOf>>[number]): readonly FuzzField[] {
  const { kind, base, length } = one
  if (kind === 'superblock') return []
  if (kind === 'header') return fieldsOf(AGF, base, 'be')
  // The core, and the words of the fork behind it.
  if (kind === 'inode') return [...fieldsOf(INODE, base, 'be'), ...words(base + 176, 12)]
  return words(base, Math.min(24, length / 4))
}

function words(base: number, count: number): readonly FuzzField[] {
  return Array.from({ length: count }, (_, index) => ({
    offsetBytes: base + index * 4,
    lengthBytes: 4 as const,
    endian: 'be' as const,
  }))
}

function seal(image: FuzzImage, sector: number): void {
  const found = findSealed(image.size, (offset, length) => image.get(offset, length), sector)
  if (found === undefined) return
  const crc = new Uint8Array(4)
  const bytes = image.get(found.base, found.length)
  new DataView(crc.buffer).setUint32(0, checksum(bytes, found.crcAt), true)
  image.set(found.base + found.crcAt, crc)
}
