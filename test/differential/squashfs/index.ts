import { spawnSync } from 'node:child_process'
import { mkdirSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { unpack } from '../../../src/adapters/codec/index.ts'
import { openSquashfs } from '../../../src/formats/squashfs/index.ts'
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
import { drawOptions } from './mksquashfs-options.ts'

/** squashfs as mksquashfs makes it, against the kernel's mount; against unsquashfs where kernels
 * have no such decoder (lzma; the filter of xz for ia64). */
export const squashfs: DifferentialTarget = { name: 'squashfs', lacks, compare }

function lacks(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root, for loop mounts'
  const programs = ['mksquashfs', 'unsquashfs', 'getfattr']
  const missing = programs.find((program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0)
  return missing === undefined ? undefined : `needs ${missing} (packages squashfs-tools and attr)`
}

async function compare(seed: number, scratch: string, size?: Size): Promise<Comparison> {
  const random = new Random(seed, size)
  const { compressor, xattrs, args } = drawOptions(random)
  const tree = join(scratch, 'tree')
  const image = join(scratch, 'image')
  mkdirSync(tree)
  writePackedTree(random, tree, { xattrs })
  run('mksquashfs', [tree, image, '-quiet', '-no-progress', '-processors', '1', ...args])
  const kept = xattrs === 'some' && !args.includes('-no-xattrs') ? 'listed' : 'none'
  const look = (directory: string) => ({
    entries: treeOfDirectory(directory, kept),
    attributes: kept === 'listed' ? xattrsOfDirectory(directory) : [],
  })
  const source = openFile(image)
  try {
    const fs = await openSquashfs(source, { algorithms: { unpack } })
    const ours = await treeOf(fs)
    // A loop device has whole sectors only.
    truncateSync(image, Math.ceil(source.size / 4096) * 4096)
    const isKernels =
      compressor !== 'lzma' && !args.some((arg) => arg.includes('ia64')) && !isForNoKernel(args)
    const theirs = isKernels
      ? loopMounted(image, join(scratch, 'mounted'), 'squashfs', ['ro'], look)
      : unpacked(image, join(scratch, 'unpacked'), look)
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

/**
 * With filters, mksquashfs says that a dictionary of xz is as long as a block, and takes 8 KiB of it for metadata all the same: of
 * blocks of 4 KiB, Linux gives up at the first inode.
 */
function isForNoKernel(args: readonly string[]): boolean {
  return args.includes('-Xbcj') && args[args.indexOf('-b') + 1] === '4096'
}

function unpacked<T>(image: string, directory: string, look: (directory: string) => T): T {
  run('unsquashfs', ['-d', directory, '-no-progress', image])
  return look(directory)
}

function sorted(entry: object): string {
  return JSON.stringify(Object.fromEntries(Object.entries(entry).toSorted(([a], [b]) => (a < b ? -1 : 1))))
}
