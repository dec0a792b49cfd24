import { spawnSync } from 'node:child_process'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootImageMaker } from '../../../src/adapters/convert/index.ts'
import { openFileSource } from '../../../src/adapters/image-source/index.ts'
import { openExt4 } from '../../../src/formats/ext4/index.ts'
import type { FileSystem } from '../../../src/formats/filesystem/index.ts'
import type { RootImageJob } from '../../../src/ports/index.ts'
import { openXfs } from '../../../src/formats/xfs/index.ts'
import { ROOT_FORMS, newTally, tarOfTree } from '../../../src/image/live/index.ts'
import type { RootFormat } from '../../../src/image/live/index.ts'
import { treeOfDirectory } from '../../fixtures/tree-of-directory.ts'
import type { TreeEntry } from '../../fixtures/tree.ts'
import { xattrsOfDirectory } from '../../fixtures/xattrs.ts'
import { ext4 } from '../ext4/index.ts'
import { makeImage } from '../ext4/make.ts'
import { loopMounted } from '../loop-mount.ts'
import { Random } from '../random.ts'
import { run } from '../run.ts'
import { differencesOf } from '../target.ts'
import type { DifferentialTarget } from '../target.ts'
import { writeTree } from '../xfs/write-tree.ts'

type Kept = Readonly<{ latest: number; attributes: RegExp; root: 'kept' | 'made'; program: string }>

/** How XFS stores access control lists is nothing that another file system could use. */
const KEPT: Readonly<Record<RootFormat, Kept>> = {
  squashfs: {
    latest: 2 ** 32 - 1,
    attributes: /^\S* (?:user|trusted|security)\.(?!SGI_ACL_)/,
    root: 'made',
    program: 'mksquashfs -version',
  },
  erofs: {
    latest: Number.MAX_SAFE_INTEGER,
    attributes: /^\S* (?:(?:user|trusted|security)\.(?!SGI_ACL_)|system\.posix_acl_)/,
    root: 'kept',
    // Those before 1.7 have no such option, and fail.
    program: 'mkfs.erofs -V',
  },
}

/** The root image of a live system against the kernel: the mounted image holds what the mounted source holds. */
export const live: DifferentialTarget = target('live', 'squashfs')
export const liveErofs: DifferentialTarget = target('live-erofs', 'erofs')

function target(name: string, format: RootFormat): DifferentialTarget {
  const { program, attributes } = KEPT[format]
  return {
    name,
    lacks() {
      const lacks = ext4.lacks()
      if (lacks !== undefined) return lacks
      const missing = [program, 'mkfs.xfs -V'].find(
        (one) => !/\d\.\d/.test(spawnSync('sh', ['-c', `${one} 2>/dev/null`]).stdout.toString()),
      )
      return missing === undefined ? undefined : `needs ${missing.split(' ')[0]}, and not an old one`
    },
    async compare(seed, directory) {
      const random = new Random(seed)
      const source = seed % 2 === 0 ? xfsImage(random, directory) : ext4Image(random, directory)
      const { path, type, options } = source
      const offsetBytes = random.pick([0, 0, 5000])
      const compression = format === 'squashfs' ? 'zstd' : random.pick(['zstd', 'lz4', 'none'] as const)
      const image = join(directory, 'root.img')
      writeFileSync(image, '')
      await using opened = await openFileSource(path)
      const fileSystem = await (type === 'xfs' ? openXfs(opened) : openExt4(opened))
      await pack(fileSystem, { format, compression, outputPath: image, offsetBytes })

      const mount = (use: (at: string) => unknown[]): unknown[] =>
        loopMounted(path, join(directory, 'mounted'), type, ['ro', ...options], use)
      const mountImage = (use: (at: string) => unknown[]): unknown[] =>
        loopMounted(image, join(directory, 'mounted'), format, ['ro', `offset=${offsetBytes}`], use)
      const [trees, xattrs] = [
        [mountImage(treeOfDirectory), mount(treeOfDirectory)] as [TreeEntry[], TreeEntry[]],
        [mountImage(xattrsOfDirectory), mount(xattrsOfDirectory)] as [string[], string[]],
      ]
      const kept = (line: string): boolean => attributes.test(line) && !line.startsWith(' ')
      const asKept = (entry: TreeEntry): TreeEntry[] => entryAsKept(entry, KEPT[format])
      return {
        made: `${source.made}, ${format} ${compression}`,
        nodes: trees[1].length,
        differences: [
          ...differencesOf(trees[0].flatMap(asKept), trees[1].flatMap(asKept), 'tree'),
          ...differencesOf(xattrs[0].filter(kept), xattrs[1].filter(kept), 'xattr'),
        ],
      }
    },
  }
}

async function pack(
  fileSystem: FileSystem,
  job: Pick<RootImageJob, 'format' | 'compression' | 'outputPath' | 'offsetBytes'>,
): Promise<void> {
  const { signal } = new AbortController()
  const root = { address: 'p1', fileSystem, directory: fileSystem.root }
  const tree = { root, mounted: new Map(), replaced: new Map(), emptied: new Set<string>() }
  const archive = tarOfTree(tree, newTally(), ROOT_FORMS[job.format], signal)
  await rootImageMaker().make({ archive, ...job, rootMode: 0o755 }, signal)
}

/** Sockets are left out; whether there are attributes is compared by themselves; a root may have no entry, and times fit. */
function entryAsKept(entry: TreeEntry, { latest, root }: Kept): TreeEntry[] {
  const { hasXattrs: _, ...rest } = entry
  if ((entry.path === '/' && root === 'made') || entry.kind === 'socket') return []
  return [{ ...rest, mtime: Math.max(0, Math.min(entry.mtime ?? 0, latest)) }]
}

type Source = Readonly<{ path: string; type: string; options: readonly string[]; made: string }>

function ext4Image(random: Random, directory: string): Source {
  for (;;) {
    const { path, made, options, copied } = makeImage(random, directory)
    if (options.mountable && copied === undefined) return { path, made, type: 'ext4', options: ['noload'] }
    run('sh', ['-c', `rm -rf '${directory}'/*`])
  }
}

function xfsImage(random: Random, directory: string): Source {
  const path = join(directory, 'image')
  writeFileSync(path, '')
  truncateSync(path, 400 << 20)
  run('mkfs.xfs', ['-q', '-f', path])
  loopMounted(path, join(directory, 'mounted'), 'xfs', ['nouuid'], (mounted) =>
    writeTree(random, mounted, { reflink: true }),
  )
  return { path, made: 'mkfs.xfs', type: 'xfs', options: ['nouuid', 'norecovery'] }
}
