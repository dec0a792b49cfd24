import { ALGORITHMS } from '../../src/adapters/codec/index.ts'
import { openBtrfs, probeBtrfs } from '../../src/formats/btrfs/index.ts'
import { DEVICE, SUPERBLOCK } from '../../src/formats/btrfs/layout.ts'
import { checksumType, findBlock, nodesIn, sealed } from '../fixtures/btrfs-structures.ts'
import { loadFixtures } from '../fixtures/load-fixtures.ts'
import { walkFileSystem } from './harness/file-system-walk.ts'
import { fieldsOf } from './target.ts'
import type { FuzzField, FuzzTarget } from './target.ts'

const BOUNDS = { nodes: 40, entries: 40, endBytes: 8192 }
const SUPERBLOCK_AT = 65_536

/** Of the fixtures, those that are read in a few milliseconds. */
const SEEDS = /\/(?:changed-uuid|dirty|mixed)\.img\.zst$/

export const btrfs: FuzzTarget = {
  name: 'btrfs',
  seeds: async () => (await loadFixtures('btrfs')).filter(({ name }) => SEEDS.test(name)),
  async exercise(source) {
    await probeBtrfs(source)
    await walkFileSystem(await openBtrfs(source, { algorithms: ALGORITHMS }), BOUNDS)
  },
  /** Puts right the checksum of every block that begins with one, where something was changed. */
  repair(image, touched) {
    const read = (offset: number, length: number): Uint8Array => image.get(offset, length)
    const bases = new Set<number>()
    for (const sector of touched) {
      const block = findBlock(image.size, read, sector)
      if (block === undefined || bases.has(block.base) || block.base + block.length > image.size) continue
      bases.add(block.base)
      image.set(block.base, sealed(read(block.base, block.length), checksumType(image.size, read)))
    }
  },
  async fields(seed) {
    const nodes = await nodesIn(seed)
    return [
      ...fieldsOf(SUPERBLOCK, SUPERBLOCK_AT, 'le'),
      ...fieldsOf(DEVICE, SUPERBLOCK_AT + SUPERBLOCK.fields.device.offsetBytes, 'le'),
      ...nodes.flatMap(fieldsOfNode),
    ]
  },
}

/** The header, the first keys and items, and what the items hold. */
function fieldsOfNode({ base, items }: Awaited<ReturnType<typeof nodesIn>>[number]): readonly FuzzField[] {
  const field = (offsetBytes: number, lengthBytes: FuzzField['lengthBytes']): FuzzField => ({
    offsetBytes: base + offsetBytes,
    lengthBytes,
    endian: 'le',
  })
  return [
    field(48, 8),
    field(80, 8),
    field(88, 8),
    field(96, 4),
    field(100, 1),
    ...items.flatMap(({ at, dataAt, dataBytes }) => [
      field(at, 8),
      field(at + 8, 1),
      field(at + 9, 8),
      field(at + 17, 4),
      field(at + 21, 4),
      ...Array.from({ length: Math.min(8, Math.floor(dataBytes / 8)) }, (_, index) =>
        field(dataAt + index * 8, 8),
      ),
      ...Array.from({ length: Math.min(16, dataBytes) }, (_, index) => field(dataAt + 16 + index, 1)),
    ]),
  ]
}
