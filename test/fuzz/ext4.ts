import { isAnnealError } from '../../src/core/index.ts'
import { openExt4, probeExt4 } from '../../src/formats/ext4/index.ts'
import { DESCRIPTOR, DESCRIPTOR_HIGH, descriptorBlock } from '../../src/formats/ext4/group-descriptors.ts'
import { INODE } from '../../src/formats/ext4/inode.ts'
import { SUPERBLOCK, SUPERBLOCK_OFFSET } from '../../src/formats/ext4/superblock.ts'
import type { FileSystem, NodeId } from '../../src/formats/filesystem/index.ts'
import { loadFixtures } from '../fixtures/load-fixtures.ts'
import { ownedBlocks, resealExt4, volumeOf } from '../fixtures/reseal-ext4.ts'
import { fieldsOf } from './target.ts'
import type { FuzzField, FuzzTarget } from './target.ts'

/** An execution has to be short. */
const MOST_NODES = 24
const MOST_RANGES = 2000

export const ext4: FuzzTarget = {
  name: 'ext4',
  async seeds() {
    // Blocks of 64 KiB take twenty times as long, and say nothing that smaller ones do not.
    const seeds = (await loadFixtures('ext4')).filter(({ name }) => !name.includes('blocks-64k'))
    // What repairs go by.
    for (const seed of seeds) await ownedBlocks(seed)
    return seeds
  },
  async exercise(source) {
    await probeExt4(source)
    const fs = await openExt4(source)
    await unlessRefused(readAllocation(fs, source.size))
    await walk(fs)
  },
  repair: resealExt4,
  async fields(seed) {
    const volume = await volumeOf(seed)
    const { superblock } = volume
    const fields: FuzzField[] = [...fieldsOf(SUPERBLOCK, SUPERBLOCK_OFFSET, 'le')]
    const descriptors = descriptorBlock(superblock, 0) * superblock.blockBytes
    fields.push(...fieldsOf(DESCRIPTOR, descriptors, 'le'))
    if (superblock.descriptorBytes >= 64) fields.push(...fieldsOf(DESCRIPTOR_HIGH, descriptors, 'le'))
    for (const { inode, blocks } of await ownedBlocks(seed)) {
      const offsets = Object.values(INODE).filter((offset) => offset < superblock.inodeBytes)
      fields.push(...offsets.map((offset) => word(inode.offsetBytes + offset)))
      // The root of extents, block numbers, or inline entries; then the heads of blocks of directories and extents.
      for (let at = 0; at < 60; at += 4) fields.push(word(inode.offsetBytes + INODE.block + at))
      for (const block of blocks.slice(0, 4)) {
        for (let at = 0; at < 64; at += 4) fields.push(word(block * superblock.blockBytes + at))
      }
    }
    return fields
  },
}

function word(offsetBytes: number): FuzzField {
  return { offsetBytes, lengthBytes: 4, endian: 'le' }
}

/** What one part refuses does not keep the others from being read. */
async function unlessRefused<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (isAnnealError(error)) return undefined
    throw error
  }
}

async function readAllocation(fs: FileSystem, size: number): Promise<void> {
  let at = 0
  for await (const { offsetBytes, lengthBytes } of fs.allocation()) {
    if (offsetBytes !== at || lengthBytes <= 0) throw new Error(`allocation has a gap or overlap at ${at}`)
    at += lengthBytes
  }
  if (at !== size) throw new Error(`allocation ends at ${at} of ${size}`)
}

async function walk(fs: FileSystem): Promise<void> {
  const left: NodeId[] = [fs.root]
  const seen = new Set<NodeId>()
  for (let id = left.shift(); id !== undefined && seen.size < MOST_NODES; id = left.shift()) {
    if (seen.has(id)) continue
    seen.add(id)
    const stat = await unlessRefused(fs.stat(id))
    if (stat?.kind === 'directory') left.push(...((await unlessRefused(readDirectory(fs, id))) ?? []))
    if (stat?.kind === 'file') await unlessRefused(readFile(fs, id))
    if (stat?.kind === 'symlink') await unlessRefused(fs.readLink(id))
    await unlessRefused(fs.xattrs(id))
  }
}

async function readDirectory(fs: FileSystem, id: NodeId): Promise<NodeId[]> {
  const found: NodeId[] = []
  let nth = 0
  for await (const { name, id: child } of fs.list(id)) {
    nth += 1
    found.push(child)
    if (nth % 50 === 1) await unlessRefused(fs.lookup(id, name))
    if (nth >= 60) break
  }
  await unlessRefused(fs.lookup(id, 'absent'))
  return found
}

async function readFile(fs: FileSystem, id: NodeId): Promise<void> {
  const content = await fs.open(id)
  const length = Math.min(content.size, 700)
  await content.read(0, length)
  await content.read(content.size - length, length)
  await content.read(Math.floor((content.size - length) / 2), length)
  let ranges = 0
  let at = 0
  for await (const { fileOffsetBytes, lengthBytes } of fs.ranges(id)) {
    if (fileOffsetBytes < at || lengthBytes <= 0) throw new Error(`ranges overlap at ${at}`)
    at = fileOffsetBytes + lengthBytes
    ranges += 1
    if (ranges > MOST_RANGES) break
  }
  if (at > content.size) throw new Error(`ranges end at ${at} of ${content.size}`)
}
