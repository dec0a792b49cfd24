import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { unpack } from '../../../src/adapters/codec/index.ts'
import { openErofs } from '../../../src/formats/erofs/index.ts'
import { treeOfDirectory } from '../../fixtures/tree-of-directory.ts'
import { treeOf } from '../../fixtures/tree.ts'
import { xattrsOf, xattrsOfDirectory } from '../../fixtures/xattrs.ts'
import { openFile } from '../file-source.ts'
import { lookupDifferences } from '../lookups.ts'
import { loopMounted } from '../loop-mount.ts'
import { writePackedTree } from '../packed-tree.ts'
import { Random } from '../random.ts'
import type { Size } from '../random.ts'
import { run } from '../run.ts'
import { differencesOf } from '../target.ts'
import type { Comparison, DifferentialTarget } from '../target.ts'
import { MKFS, drawOptions, readTool } from './mkfs-options.ts'

/** EROFS as mkfs.erofs of one version makes it, against the kernel's mount. */
export const erofs: DifferentialTarget = { name: 'erofs', lacks, compare }

function lacks(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root, for loop mounts'
  const missing = [MKFS, 'getfattr'].find(
    (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0,
  )
  return missing === undefined ? undefined : `needs ${missing} (packages erofs-utils and attr)`
}

async function compare(seed: number, scratch: string, size?: Size): Promise<Comparison> {
  const random = new Random(seed, size)
  const args = drawOptions(random, readTool())
  const tree = join(scratch, 'tree')
  const image = join(scratch, 'image')
  mkdirSync(tree)
  writePackedTree(random, tree, { xattrs: random.chance(70) ? 'some' : 'none' })
  run(MKFS, [...args, image, tree])
  const theirs = loopMounted(image, join(scratch, 'mounted'), 'erofs', ['ro'], (directory) => ({
    entries: treeOfDirectory(directory),
    // Linux 6.18 does not find shared attributes of inodes that are in the metabox: there, what was packed counts.
    attributes: xattrsOfDirectory(isInMetabox(args) && !args.includes('-x-1') ? tree : directory),
  }))
  const source = openFile(image)
  try {
    const fs = await openErofs(source, { algorithms: { unpack } })
    const ours = await treeOf(fs)
    return {
      made: args.join(' '),
      nodes: ours.length,
      differences: [
        ...differencesOf(ours.map(sorted), theirs.entries.map(sorted), 'tree'),
        ...differencesOf(await xattrsOf(fs), theirs.attributes, 'xattr'),
        ...(await lookupDifferences(fs)),
      ],
    }
  } finally {
    source.close()
  }
}

function isInMetabox(args: readonly string[]): boolean {
  return args.some((arg) => /^-m\d/.test(arg) || arg.startsWith('--MZ'))
}

function sorted(entry: object): string {
  return JSON.stringify(Object.fromEntries(Object.entries(entry).toSorted(([a], [b]) => (a < b ? -1 : 1))))
}
