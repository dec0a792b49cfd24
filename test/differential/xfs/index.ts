import { spawnSync } from 'node:child_process'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAnnealError } from '../../../src/core/index.ts'
import type { FileSystem } from '../../../src/formats/filesystem/index.ts'
import { openXfs } from '../../../src/formats/xfs/index.ts'
import { treeOfDirectory } from '../../fixtures/tree-of-directory.ts'
import { treeOf } from '../../fixtures/tree.ts'
import type { TreeEntry } from '../../fixtures/tree.ts'
import { xattrsOf, xattrsOfDirectory } from '../../fixtures/xattrs.ts'
import { freeSpaceDifferences } from './free-space.ts'
import { SMALL, drawOptions } from './mkfs-options.ts'
import type { MadeWith } from './mkfs-options.ts'
import { drawProtofile } from './protofile.ts'
import { Random } from '../random.ts'
import { openFile } from '../file-source.ts'
import { lookupDifferences } from '../lookups.ts'
import { loopMounted } from '../loop-mount.ts'
import { run } from '../run.ts'
import type { Comparison, DifferentialTarget } from '../target.ts'
import { differencesOf } from '../target.ts'
import { toolVersion } from '../tool-version.ts'
import { crumble, writeTree } from './write-tree.ts'
import { treeOfXfsDb } from './xfs-db-tree.ts'

/** XFS against the kernel (V5, mounted read-only) and xfs_db (V4, and free space of both). */
export const xfs: DifferentialTarget = {
  name: 'xfs',
  lacks,
  compare,
}

const PROGRAMS = ['mkfs.xfs', 'xfs_db', 'xfs_io', 'getfattr']

function lacks(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root, for loop mounts'
  const missing = PROGRAMS.find((program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0)
  return missing === undefined ? undefined : `needs ${missing} (packages xfsprogs and attr)`
}

async function compare(seed: number, scratch: string): Promise<Comparison> {
  const random = new Random(seed)
  const made = drawOptions(random, toolVersion('mkfs.xfs'))
  const image = join(scratch, 'image')
  const way = made.version === 4 || random.chance(25) ? 'protofile' : random.chance(4) ? 'shutdown' : 'mount'
  const from: string[] = []
  if (way === 'protofile') {
    const path = join(scratch, 'protofile')
    writeFileSync(
      path,
      drawProtofile(random, scratch, {
        names: made.sizeMiB * 40,
        linkLength: made.version === 4 ? 1023 : 100,
      }),
    )
    from.push('-p', path)
  }
  makeFileSystem(image, made.sizeMiB, [...made.args, ...from])
  if (way !== 'protofile') fill(random, image, scratch, made, way)
  const source = openFile(image)
  try {
    const fs = await openXfs(source)
    if (way === 'shutdown')
      return { made: `${way} ${made.args.join(' ')}`, nodes: 0, differences: await strandedDifferences(fs) }
    const expected =
      made.version === 4 ? treeOfXfsDb(image) : mounted(image, scratch, ['ro', 'norecovery'], treeOfDirectory)
    const found = await treeOf(fs)
    const differences = [
      ...differencesOf(withoutParents(fs, found, expected).map(sorted), expected.map(sorted), 'tree'),
      ...(await xattrDifferences(fs, image, scratch, made.version)),
      ...(await lookupDifferences(fs)),
      ...(await stateDifferences(fs, image)),
    ]
    return { made: `${way} ${made.args.join(' ')}`, nodes: expected.length, differences }
  } finally {
    source.close()
  }
}

/** In twice the space where what it is made from does not fit. */
function makeFileSystem(image: string, sizeMiB: number, args: readonly string[]): void {
  writeFileSync(image, '')
  truncateSync(image, sizeMiB << 20)
  try {
    run('mkfs.xfs', ['-q', ...args, image], { env: SMALL })
  } catch (error) {
    if (sizeMiB > 1024 || !String(error).includes('No space left on device')) throw error
    makeFileSystem(image, sizeMiB * 2, args)
  }
}

function fill(
  random: Random,
  image: string,
  scratch: string,
  made: MadeWith,
  way: 'mount' | 'shutdown',
): void {
  mounted(image, scratch, ['noatime'], (directory) => {
    writeTree(random, directory, { reflink: made.args.some((arg) => arg.includes('reflink=1')) })
    if (made.sizeMiB <= 64 && random.chance(20)) crumble(random, directory, made.blockSize)
    // As after a power cut: `-f` brings the log to the disk first.
    if (way === 'shutdown') run('xfs_io', ['-x', '-c', 'shutdown -f', directory])
  })
}

function mounted<T>(
  image: string,
  scratch: string,
  options: readonly string[],
  use: (directory: string) => T,
): T {
  return loopMounted(image, join(scratch, 'mounted'), 'xfs', ['nouuid', ...options], use)
}

/** A parent pointer is an attribute that no one is shown: an inode with that alone says that it has attributes. */
function withoutParents(
  fs: FileSystem,
  found: readonly TreeEntry[],
  expected: readonly TreeEntry[],
): readonly TreeEntry[] {
  if (!fs.facts.features.includes('parent')) return found
  const shown = new Map(expected.map(({ path, hasXattrs }) => [path, hasXattrs]))
  return found.map((entry) => (shown.get(entry.path) === false ? { ...entry, hasXattrs: false } : entry))
}

function sorted(entry: TreeEntry): string {
  return JSON.stringify(Object.fromEntries(Object.entries(entry).toSorted(([a], [b]) => (a < b ? -1 : 1))))
}

/** The kernel mounts V5 only; attributes of V4 are those of fixtures. */
async function xattrDifferences(
  fs: FileSystem,
  image: string,
  scratch: string,
  version: MadeWith['version'],
): Promise<string[]> {
  const ours = await xattrsOf(fs)
  if (version === 4) return []
  const theirs = mounted(image, scratch, ['ro', 'norecovery'], xattrsOfDirectory)
  return differencesOf(ours, theirs, 'xattr')
}

/** What is in the log only is not in place: no tool shows a tree to compare with. It has to be said, and to do no harm. */
async function strandedDifferences(fs: FileSystem): Promise<string[]> {
  try {
    await treeOf(fs)
  } catch (error) {
    if (!isAnnealError(error)) throw error
  }
  return fs.facts.clean ? ['it counts as clean after a shutdown'] : []
}

async function stateDifferences(fs: FileSystem, image: string): Promise<string[]> {
  if (!fs.facts.clean) return [`it counts as dirty: ${JSON.stringify(fs.warnings)}`]
  return freeSpaceDifferences(fs, image)
}
