import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ALGORITHMS } from '../../../src/adapters/codec/index.ts'
import { openBtrfs } from '../../../src/formats/btrfs/index.ts'
import type { FileSystem, NodeId } from '../../../src/formats/filesystem/index.ts'
import { treeOfDirectory } from '../../fixtures/tree-of-directory.ts'
import { treeOf } from '../../fixtures/tree.ts'
import type { TreeEntry } from '../../fixtures/tree.ts'
import { xattrsOf, xattrsOfDirectory } from '../../fixtures/xattrs.ts'
import { openFile } from '../file-source.ts'
import { loopMounted } from '../loop-mount.ts'
import { Random } from '../random.ts'
import { run } from '../run.ts'
import { differencesOf } from '../target.ts'
import type { DifferentialTarget } from '../target.ts'
import { noiseDifferences, usedDifferences } from './free-space.ts'
import { has, makeImage } from './make.ts'
import type { Image } from './make.ts'

const PROGRAMS = ['mkfs.btrfs', 'btrfs', 'blkid', 'getfattr', 'setfattr', 'chattr', 'fallocate']

/** Ours against the kernel (tree, contents, attributes), blkid and dump-super, `btrfs check` and dump-tree (free space). */
export const btrfs: DifferentialTarget = {
  name: 'btrfs',
  lacks() {
    if (process.getuid?.() !== 0) return 'needs root, to mount images'
    if (!existsSync('/dev/loop-control')) return 'needs loop devices'
    const absent = PROGRAMS.filter((program) => !has(program))
    return absent.length === 0 ? undefined : `needs ${absent.join(', ')} (packages btrfs-progs and attr)`
  },
  async compare(seed, directory, size) {
    const random = new Random(seed, size)
    const image = makeImage(random, directory)
    const source = openFile(image.path)
    try {
      const fs = await openBtrfs(source, { algorithms: ALGORITHMS })
      const ours = await treeOf(fs)
      const [theirs, theirXattrs] = inKernel(image, directory, (mounted) => [
        treeOfDirectory(mounted),
        xattrsOfDirectory(mounted),
      ])
      const differences = [
        ...differencesOf(ours, withPlaceholders(ours, theirs), 'tree'),
        ...differencesOf(await xattrsOf(fs), theirXattrs, 'xattr'),
        ...(await lookupDifferences(fs)),
        ...factDifferences(fs, image.path),
        ...subvolumeDifferences(fs, image, directory),
        ...warningDifferences(fs, image),
        ...(image.torn ? [] : await usedDifferences(fs, image.path)),
        ...(image.torn || random.chance(50) ? [] : await noiseDifferences(fs, image.path, directory, theirs)),
      ]
      return { made: image.made, nodes: ours.length, differences }
    } finally {
      source.close()
    }
  },
}

/** The top level. Without the log: what it holds is not read. */
function inKernel<T>(image: Image, directory: string, use: (mounted: string) => T): T {
  const options = ['ro', 'subvolid=5', ...(image.torn ? ['rescue=nologreplay'] : [])]
  return loopMounted(image.path, join(directory, 'mounted'), 'btrfs', options, use)
}

/** An empty directory in the place of a subvolume has the time at which it is looked at. */
function withPlaceholders(ours: readonly TreeEntry[], theirs: readonly TreeEntry[]): readonly TreeEntry[] {
  const timeless = new Set(
    ours.filter(({ kind, mtime }) => kind === 'directory' && mtime === 0).map(({ path }) => path),
  )
  return theirs.map((entry) => (timeless.has(entry.path) ? { ...entry, mtime: 0 } : entry))
}

/** Every name that is listed is found by its hash, and leads to the same; names that are not there are not. */
async function lookupDifferences(fs: FileSystem): Promise<string[]> {
  const differences: string[] = []
  const walk = async (directory: NodeId): Promise<void> => {
    for await (const entry of fs.list(directory)) {
      const found = await fs.lookup(directory, entry.name)
      // Bytes that are no UTF-8 cannot be asked for.
      if (found?.id !== entry.id && !entry.name.includes('\u{fffd}'))
        differences.push(`lookup of ${entry.name} gives ${found?.id}, not ${entry.id}`)
      if ((await fs.lookup(directory, `${entry.name}?`.slice(-255))) !== undefined)
        differences.push(`lookup of ${entry.name}? finds something`)
      if ((await fs.stat(entry.id)).kind === 'directory') await walk(entry.id)
    }
  }
  await walk(fs.root)
  return differences.slice(0, 20)
}

function factDifferences({ facts }: FileSystem, path: string): string[] {
  const told = new Map(
    [...run('blkid', ['-p', '-o', 'export', path]).matchAll(/^(\w+)=(.*)$/gm)].map(([, key, value]) => [
      key,
      (value ?? '').replaceAll(/\\(.)/g, '$1'),
    ]),
  )
  const superblock = run('btrfs', ['inspect-internal', 'dump-super', path])
  const field = (name: string): string => new RegExp(`^${name}\\s+(\\S+)`, 'm').exec(superblock)?.[1] ?? ''
  const theirs = {
    type: told.get('TYPE'),
    uuid: told.get('UUID'),
    block: told.get('BLOCK_SIZE'),
    size: field('dev_item.total_bytes'),
    // dump-super prints dots for what it does not take for text.
    label: run('btrfs', ['filesystem', 'label', path]).replace(/\n$/, ''),
  }
  const ours = {
    type: facts.type,
    uuid: facts.uuid,
    block: String(facts.blockSizeBytes),
    size: String(facts.sizeBytes),
    label: facts.label,
  }
  return differencesOf([ours], [theirs], 'facts')
}

function subvolumeDifferences(fs: FileSystem, image: Image, directory: string): string[] {
  const ours = (fs.subvolumes ?? []).filter(({ path }) => path !== '/')
  const [list, readOnly, byDefault] = inKernel(image, directory, (mounted) => [
    run('btrfs', ['subvolume', 'list', mounted]),
    run('btrfs', ['subvolume', 'list', '-r', mounted]),
    run('btrfs', ['subvolume', 'get-default', mounted]),
  ])
  const theirs = (text: string): string[] =>
    Array.from(text.matchAll(/^ID (\d+) .* path (.*)$/gm), ([, id, path]) => `${id} /${path}`)
  const line = ({ id, path }: Readonly<{ id: number; path: string }>): string => `${id} ${path}`
  const chosen = fs.subvolumes?.find(({ isDefault }) => isDefault)
  return [
    ...differencesOf(ours.map(line), theirs(list), 'subvolume'),
    ...differencesOf(
      ours.filter(({ isReadOnly }) => isReadOnly).map(line),
      theirs(readOnly),
      'read-only subvolume',
    ),
    ...differencesOf([String(chosen?.id)], [/^ID (\d+)/.exec(byDefault)?.[1] ?? ''], 'default subvolume'),
  ]
}

function warningDifferences(fs: FileSystem, { path, torn }: Image): string[] {
  const codes = fs.warnings.map(({ code }) => code)
  const hasLog = !/^log_root\s+0$/m.test(run('btrfs', ['inspect-internal', 'dump-super', path]))
  if (hasLog && !torn) return ['a log is there though the image was unmounted']
  return differencesOf(codes, hasLog ? ['BTRFS_LOG_TREE'] : [], 'warnings')
}
