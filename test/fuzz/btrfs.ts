import { ALGORITHMS } from '../../src/adapters/codec/index.ts'
import type { ByteSource } from '../../src/bytes/index.ts'
import type { FileSystem, NodeId } from '../../src/formats/filesystem/index.ts'
import { openBtrfs, probeBtrfs } from '../../src/formats/btrfs/index.ts'
import { DEVICE, SUPERBLOCK } from '../../src/formats/btrfs/layout.ts'
import { checksumType, findBlock, nodesIn, sealed } from '../fixtures/btrfs-structures.ts'
import { loadFixtures } from '../fixtures/load-fixtures.ts'
import { fieldsOf } from './target.ts'
import type { FuzzField, FuzzTarget } from './target.ts'

const MOST_NODES = 40
const MOST_ENTRIES = 40
const MOST_RANGES = 64
const MOST_BYTES = 8192
const SUPERBLOCK_AT = 65_536

/** Of the fixtures, those that are read in a few milliseconds. */
const SEEDS = /\/(?:changed-uuid|dirty|mixed)\.img\.zst$/

export const btrfs: FuzzTarget = {
  name: 'btrfs',
  seeds: async () => (await loadFixtures('btrfs')).filter(({ name }) => SEEDS.test(name)),
  async exercise(source) {
    await probeBtrfs(source)
    const fs = await openBtrfs(source, { algorithms: ALGORITHMS })
    await attempt(() => walk(fs))
    await attempt(() => countOf(fs.allocation(), MOST_RANGES * 16))
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

/** Each node by itself, so that one that is damaged does not hide the others: what it throws is looked at further up. */
async function walk(fs: FileSystem): Promise<void> {
  const queue: NodeId[] = [fs.root]
  const seen = new Set<NodeId>()
  let failure: unknown
  for (let id = queue.shift(); id !== undefined && seen.size < MOST_NODES; id = queue.shift()) {
    if (seen.has(id)) continue
    seen.add(id)
    try {
      await look(fs, id, queue)
    } catch (error) {
      failure ??= error
      if (!isExpected(error)) throw error
    }
  }
  if (failure !== undefined) throw failure
}

async function look(fs: FileSystem, id: NodeId, queue: NodeId[]): Promise<void> {
  const { kind } = await fs.stat(id)
  await fs.xattrs(id)
  if (kind === 'symlink') await fs.readLink(id)
  if (kind === 'file') {
    const content = await fs.open(id)
    await readEnds(content)
    await countOf(fs.ranges(id), MOST_RANGES)
  }
  if (kind !== 'directory') return
  let entries = 0
  for await (const entry of fs.list(id)) {
    queue.push(entry.id)
    entries += 1
    if (entries % 16 === 1) await fs.lookup(id, entry.name)
    if (entries === MOST_ENTRIES) break
  }
  await fs.lookup(id, 'absent')
}

async function readEnds(content: ByteSource): Promise<void> {
  const length = Math.min(content.size, MOST_BYTES)
  await content.read(0, length)
  await content.read(content.size - length, length)
}

async function countOf(items: AsyncIterable<unknown>, most: number): Promise<void> {
  let count = 0
  for await (const _ of items) {
    count += 1
    if (count === most) break
  }
}

async function attempt(what: () => Promise<void>): Promise<void> {
  try {
    await what()
  } catch (error) {
    if (!isExpected(error)) throw error
  }
}

function isExpected(error: unknown): boolean {
  return error instanceof Error && error.name === 'AnnealError'
}
