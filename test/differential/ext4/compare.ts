import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromBytes } from '../../../src/bytes/index.ts'
import { openExt4 } from '../../../src/formats/ext4/index.ts'
import { findPath } from '../../../src/formats/filesystem/index.ts'
import type { FileSystem, NodeId } from '../../../src/formats/filesystem/index.ts'
import { treeOfDirectory } from '../../fixtures/tree-of-directory.ts'
import { treeOf } from '../../fixtures/tree.ts'
import type { TreeEntry } from '../../fixtures/tree.ts'
import { xattrsOf, xattrsOfDirectory } from '../../fixtures/xattrs.ts'
import { Random } from '../random.ts'
import { run } from '../run.ts'
import { differencesOf } from '../target.ts'
import type { Comparison, DifferentialTarget } from '../target.ts'
import { inKernel, makeImage } from './make.ts'
import type { Image } from './make.ts'

const NEEDED = [
  'mke2fs',
  'tune2fs',
  'e2fsck',
  'debugfs',
  'dumpe2fs',
  'blkid',
  'getfattr',
  'setfattr',
  'mount',
]

/** Ours against the kernel (tree, contents, times), dumpe2fs (free blocks) and blkid (type). */
export const ext4: DifferentialTarget = {
  name: 'ext4',
  lacks() {
    if (process.getuid?.() !== 0) return 'needs root, to mount images'
    if (!existsSync('/dev/loop-control')) return 'needs loop devices'
    const absent = NEEDED.filter((program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0)
    return absent.length === 0 ? undefined : `needs ${absent.join(', ')}`
  },
  async compare(seed, directory) {
    const image = makeImage(new Random(seed), directory)
    const bytes = readFileSync(image.path)
    const fs = await openExt4(fromBytes(bytes, image.path))
    const ours = await treeOf(fs)
    const differences = [
      ...differencesOfTrees(image, ours, directory),
      ...(await differencesOfTimes(image, fs, ours, directory)),
      ...(await differencesOfXattrs(image, fs, directory)),
      ...(await differencesOfLookups(fs, ours)),
      ...(await differencesOfRanges(fs, ours, bytes)),
      ...(await differencesOfFreeBlocks(image, fs)),
      ...differencesOf(
        [fs.facts.type],
        [run('blkid', ['-p', '-o', 'value', '-s', 'TYPE', image.path]).trim()],
        'type',
      ),
      ...fs.warnings.map(({ message }) => `warning: ${message}`),
    ]
    return { made: image.made, nodes: ours.length, differences } satisfies Comparison
  },
}

function differencesOfTrees(image: Image, ours: readonly TreeEntry[], directory: string): string[] {
  if (image.copied === undefined) {
    return differencesOf(ours, inKernel(image.path, directory, 'ro', treeOfDirectory), 'tree')
  }
  // What mke2fs makes of its own accord was in no source.
  const copied = ours.filter(({ path }) => path !== '/' && path !== '/lost+found')
  return differencesOf(
    copied,
    image.copied.filter(({ path }) => path !== '/'),
    'tree',
  )
}

/** Nanoseconds, which trees do not have; names that are no UTF-8 cannot be looked up by their text. */
async function differencesOfTimes(
  image: Image,
  fs: FileSystem,
  tree: readonly TreeEntry[],
  directory: string,
): Promise<string[]> {
  if (image.copied !== undefined) return []
  const paths = tree.map(({ path }) => path).filter((path) => !path.includes('\ufffd'))
  const theirs = inKernel(image.path, directory, 'ro', (mounted) =>
    paths.map((path) => [path, String(lstatSync(join(mounted, path), { bigint: true }).mtimeNs)]),
  )
  const ours: unknown[] = []
  for (const path of paths) {
    const found = await findPath(fs, path, { lastLink: 'keep' })
    if (found !== undefined) ours.push([path, String((await fs.stat(found.id)).modifiedNs)])
  }
  return differencesOf(ours, theirs, 'time')
}

async function differencesOfXattrs(image: Image, fs: FileSystem, directory: string): Promise<string[]> {
  if (image.copied !== undefined) return []
  const theirs = inKernel(image.path, directory, 'ro', xattrsOfDirectory)
  return differencesOf(await xattrsOf(fs), theirs, 'xattr')
}

async function differencesOfLookups(fs: FileSystem, tree: readonly TreeEntry[]): Promise<string[]> {
  const differences: string[] = []
  for (const { path, kind } of tree) {
    if (path.includes('\ufffd')) continue
    const found = await findPath(fs, path, { lastLink: 'keep' })
    if (found?.kind !== kind)
      differences.push(`look-up: ${path} is ${found?.kind ?? 'not found'}, not a ${kind}`)
    if (kind !== 'directory') continue
    const absent = await findPath(fs, `${path}/not-there`, { lastLink: 'keep' })
    if (absent !== undefined) differences.push(`look-up: ${path}/not-there is found`)
  }
  return differences
}

/** What lies at the ranges of a file is what the file holds. */
async function differencesOfRanges(
  fs: FileSystem,
  tree: readonly TreeEntry[],
  image: Uint8Array,
): Promise<string[]> {
  const differences: string[] = []
  for (const { path, kind } of tree) {
    if (kind !== 'file' || path.includes('\ufffd')) continue
    const { id } = (await findPath(fs, path, { lastLink: 'keep' })) ?? { id: fs.root }
    if (!(await rangesHoldContent(fs, id, image))) differences.push(`ranges: ${path} holds something else`)
  }
  return differences
}

async function rangesHoldContent(fs: FileSystem, id: NodeId, image: Uint8Array): Promise<boolean> {
  const content = await fs.open(id)
  let at = 0
  for await (const range of fs.ranges(id)) {
    const { fileOffsetBytes, lengthBytes, sourceOffsetBytes, kind } = range
    if (!isZero(await content.read(at, fileOffsetBytes - at))) return false
    const held = await content.read(fileOffsetBytes, lengthBytes)
    if (sourceOffsetBytes !== undefined) {
      if (Buffer.compare(held, image.subarray(sourceOffsetBytes, sourceOffsetBytes + lengthBytes)) !== 0)
        return false
    } else if (kind === 'unwritten' && !isZero(held)) return false
    at = fileOffsetBytes + lengthBytes
  }
  return true
}

function isZero(bytes: Uint8Array): boolean {
  return Buffer.compare(bytes, new Uint8Array(bytes.length)) === 0
}

async function differencesOfFreeBlocks({ path, options }: Image, fs: FileSystem): Promise<string[]> {
  const ours: string[] = []
  for await (const { offsetBytes, lengthBytes, kind } of fs.allocation()) {
    const first = offsetBytes / options.blockBytes
    if (kind === 'unallocated') ours.push(`${first}-${first + lengthBytes / options.blockBytes - 1}`)
  }
  return differencesOf(ours, freeByDumpe2fs(path, options.clusterBlocks, fs), 'free')
}

/** dumpe2fs ends ranges at the end of each group, and with clusters at the first block of the last one. */
function freeByDumpe2fs(path: string, clusterBlocks: number, { facts }: FileSystem): string[] {
  const blocks = facts.sizeBytes / facts.blockSizeBytes
  const ranges: [number, number][] = []
  for (const [, list = ''] of run('dumpe2fs', [path]).matchAll(/^ {2}Free blocks: (.*)$/gm)) {
    for (const range of list.split(', ').filter((one) => one !== '')) {
      const [first = 0, named = first] = range.split('-').map(Number)
      // dumpe2fs 1.47.0 names the first block of the last cluster, 1.47.4 the last one.
      const clusters = Math.ceil((named - first + 1) / clusterBlocks)
      const last = Math.min(first + clusters * clusterBlocks, blocks) - 1
      const before = ranges.at(-1)
      if (before !== undefined && before[1] + 1 === first) before[1] = last
      else ranges.push([first, last])
    }
  }
  return ranges.map(([first, last]) => `${first}-${last}`)
}
