import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { FileSystem } from '../../../src/formats/filesystem/index.ts'
import { treeOfDirectory } from '../../fixtures/tree-of-directory.ts'
import type { TreeEntry } from '../../fixtures/tree.ts'
import { loopMounted } from '../loop-mount.ts'
import { run } from '../run.ts'
import { differencesOf } from '../target.ts'

const MIB = 1024 * 1024
const SUPERBLOCK_COPY = { at: 64 * MIB, bytes: 4096 }
const NOISE = Buffer.alloc(MIB, 0xa5)

/** How much is in use is what the block groups say, on as many copies as they have; dump-tree tells both. */
export async function usedDifferences(fs: FileSystem, image: string): Promise<string[]> {
  let data = 0
  let copyIsFree = false
  let end = 0
  for await (const { offsetBytes, lengthBytes, kind } of fs.allocation()) {
    if (offsetBytes !== end) return [`allocation: it goes on at ${offsetBytes}, not at ${end}`]
    end += lengthBytes
    if (kind === 'data') data += lengthBytes
    if (kind === 'data' && offsetBytes === SUPERBLOCK_COPY.at && lengthBytes === SUPERBLOCK_COPY.bytes)
      copyIsFree = true
  }
  const treeOf = (tree: string): string => run('btrfs', ['inspect-internal', 'dump-tree', '-t', tree, image])
  // Tree 11 has the block groups where the file system has a block group tree.
  const groups = fs.facts.features.includes('block-group-tree') ? treeOf('11') : treeOf('extent')
  let wanted = MIB + (copyIsFree ? SUPERBLOCK_COPY.bytes : 0)
  for (const [, used, flags = ''] of groups.matchAll(/block group used (\d+) .*flags (\S+)/g))
    wanted += Number(used) * (flags.includes('DUP') ? 2 : 1)
  wanted += Math.max(0, end - fs.facts.sizeBytes)
  // The copy of the superblock may lie between two extents, which then are one range.
  const isRight = data === wanted || data === wanted + SUPERBLOCK_COPY.bytes
  return isRight ? [] : [`allocation: ${data} bytes are data, and ${wanted} in use`]
}

/** What is called free is overwritten: neither `btrfs check` nor the kernel may see any of it. */
export async function noiseDifferences(
  fs: FileSystem,
  image: string,
  directory: string,
  expected: readonly TreeEntry[],
): Promise<string[]> {
  const noisy = join(directory, 'noisy')
  run('cp', ['--sparse=always', image, noisy])
  const file = openSync(noisy, 'r+')
  try {
    for await (const { offsetBytes, lengthBytes, kind } of fs.allocation()) {
      if (kind !== 'unallocated') continue
      // The ends of a range are what would be wrong: its middle is left as it is.
      const count = Math.min(lengthBytes, NOISE.length)
      writeSync(file, NOISE, 0, count, offsetBytes)
      writeSync(file, NOISE, 0, count, offsetBytes + lengthBytes - count)
    }
  } finally {
    closeSync(file)
  }
  run('btrfs', ['check', '--check-data-csum', noisy])
  const options = ['ro', 'subvolid=5']
  const seen = loopMounted(noisy, join(directory, 'mounted'), 'btrfs', options, treeOfDirectory)
  const withoutTime = (entry: TreeEntry): unknown => (entry.kind === 'directory' ? entry.path : entry)
  return differencesOf(seen.map(withoutTime), expected.map(withoutTime), 'noisy tree')
}
