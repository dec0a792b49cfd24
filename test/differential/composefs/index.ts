import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ALGORITHMS } from '../../../src/adapters/codec/index.ts'
import { openComposefs } from '../../../src/formats/composefs/index.ts'
import { openErofs } from '../../../src/formats/erofs/index.ts'
import { openExt4 } from '../../../src/formats/ext4/index.ts'
import { walkPath } from '../../../src/formats/filesystem/index.ts'
import { treeOfDirectory } from '../../fixtures/tree-of-directory.ts'
import type { TreeEntry } from '../../fixtures/tree.ts'
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
import { makeByMkcomposefs, makeByMkfsErofs, suiteTree } from './makers.ts'

/**
 * composefs images, and the objects that they need in an ext4, against the kernel's mount: EROFS below overlayfs, with the
 * objects as a data-only layer.
 */
export const composefs: DifferentialTarget = { name: 'composefs', lacks, compare }

const OVERLAY = ['metacopy=on', 'redirect_dir=on', 'ro'] as const

function lacks(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root, for loop mounts'
  const missing = ['mkfs.erofs', 'mkfs.ext4', 'getfattr'].find(
    (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0,
  )
  if (missing !== undefined) return `needs ${missing} (packages erofs-utils, e2fsprogs and attr)`
  const systems = spawnSync('sh', ['-c', 'modprobe overlay 2>/dev/null; grep -w overlay /proc/filesystems'])
  return systems.status === 0 ? undefined : 'needs a kernel with overlayfs'
}

async function compare(seed: number, scratch: string, size?: Size): Promise<Comparison> {
  const random = new Random(seed, size)
  const [tree, image, objects, disk] = ['tree', 'image', 'objects', 'disk'].map((name) => join(scratch, name))
  if (tree === undefined || image === undefined || objects === undefined || disk === undefined)
    throw new RangeError('four names')
  mkdirSync(tree)
  mkdirSync(objects)
  writePackedTree(random, tree, { xattrs: random.chance(70) ? 'some' : 'none' })
  const made =
    suiteTree() !== undefined && random.chance(80)
      ? makeByMkcomposefs(random, scratch)
      : await makeByMkfsErofs(random, { tree, image, objects, scratch })
  run('mkfs.ext4', ['-q', '-b', '4096', '-d', objects, disk, '300M'])
  const theirs = loopMounted(image, join(scratch, 'metadata'), 'erofs', ['ro'], (metadata) =>
    overlayMounted(`${metadata}::${objects}`, join(scratch, 'mounted'), (directory) => ({
      entries: treeOfDirectory(directory),
      attributes: xattrsOfDirectory(directory),
    })),
  )
  const [imageSource, diskSource] = [openFile(image), openFile(disk)]
  try {
    const ext4 = await openExt4(diskSource, {})
    const fs = openComposefs(await openErofs(imageSource, { algorithms: ALGORITHMS }), {
      name: 'image',
      objects: { fileSystem: ext4, directory: (await walkPath(ext4, '/', { lastLink: 'keep' })).id },
      algorithms: ALGORITHMS,
    })
    const ours = await treeOf(fs)
    return {
      made,
      nodes: ours.length,
      differences: [
        ...differencesOf(ours.map(sorted), theirs.entries.map(sorted), 'tree'),
        ...differencesOf(await xattrsOf(fs), theirs.attributes, 'xattr'),
        ...(await lookupDifferences(fs)),
      ],
    }
  } finally {
    imageSource.close()
    diskSource.close()
  }
}

function overlayMounted<T>(lower: string, directory: string, use: (directory: string) => T): T {
  mkdirSync(directory)
  run('mount', ['-t', 'overlay', '-o', [...OVERLAY, `lowerdir=${lower}`].join(','), 'composefs', directory])
  try {
    return use(directory)
  } finally {
    run('umount', [directory])
  }
}

/** That an inode has attributes counts those of overlayfs, which no mount shows: attributes are compared by themselves. */
function sorted(entry: TreeEntry): string {
  const compared = Object.entries(entry).filter(([key]) => key !== 'hasXattrs')
  return JSON.stringify(Object.fromEntries(compared.toSorted(([a], [b]) => (a < b ? -1 : 1))))
}
