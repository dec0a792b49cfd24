import { openXfs, probeXfs } from '../../src/formats/xfs/index.ts'
import { AGF, INODE, SUPERBLOCK } from '../../src/formats/xfs/layout.ts'
import type { ByteSource } from '../../src/bytes/index.ts'
import type { FileSystem, NodeId } from '../../src/formats/filesystem/index.ts'
import { loadFixtures } from '../fixtures/load-fixtures.ts'
import { checksum, findSealed, structuresOf } from '../fixtures/xfs-structures.ts'
import { fieldsOf } from './target.ts'
import type { FuzzField, FuzzImage, FuzzTarget } from './target.ts'

const MOST_NODES = 60
const MOST_ENTRIES = 40
const MOST_RANGES = 64
const MOST_BYTES = 8192

/** Of the fixtures, those that are read in a few milliseconds. */
const SEEDS = /\/(?:changed-uuid|default|dirty|everything|v4-ascii-ci|v4|small-blocks)\.img\.zst$/

export const xfs: FuzzTarget = {
  name: 'xfs',
  seeds: async () => (await loadFixtures('xfs')).filter(({ name }) => SEEDS.test(name)),
  async exercise(source) {
    await probeXfs(source)
    const fs = await openXfs(source)
    await attempt(() => walk(fs))
    await attempt(() => countOf(fs.allocation(), MOST_RANGES * 16))
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
  if (kind === 'symlink') await fs.readLink(id)
  await attempt(async () => {
    await fs.xattrs(id)
  })
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
