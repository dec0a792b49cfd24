import { spawnSync } from 'node:child_process'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootImageMaker } from '../../../src/adapters/convert/index.ts'
import { openFileSource } from '../../../src/adapters/image-source/index.ts'
import { openExt4 } from '../../../src/formats/ext4/index.ts'
import type { FileSystem } from '../../../src/formats/filesystem/index.ts'
import { openXfs } from '../../../src/formats/xfs/index.ts'
import { SQUASHFS_FORM, newTally, tarOfTree } from '../../../src/image/live/index.ts'
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

const LATEST = 2 ** 32 - 1
/** What squashfs keeps. How XFS stores access control lists is nothing that another file system could use. */
const KEPT = /^\S* (?:user|trusted|security)\.(?!SGI_ACL_)/

/** The root image of a live system against the kernel: the mounted squashfs holds what the mounted source holds. */
export const live: DifferentialTarget = {
  name: 'live',
  lacks() {
    const lacks = ext4.lacks()
    if (lacks !== undefined) return lacks
    const missing = ['mksquashfs', 'mkfs.xfs'].find((name) => spawnSync('which', [name]).status !== 0)
    return missing === undefined ? undefined : `needs ${missing}`
  },
  async compare(seed, directory) {
    const random = new Random(seed)
    const source = seed % 2 === 0 ? xfsImage(random, directory) : ext4Image(random, directory)
    const { path, type, options } = source
    const offsetBytes = random.pick([0, 0, 5000])
    const image = join(directory, 'root.img')
    writeFileSync(image, '')
    await using opened = await openFileSource(path)
    const fileSystem = await (type === 'xfs' ? openXfs(opened) : openExt4(opened))
    await pack(fileSystem, image, offsetBytes)

    const mount = (use: (at: string) => unknown[]): unknown[] =>
      loopMounted(path, join(directory, 'mounted'), type, ['ro', ...options], use)
    const mountImage = (use: (at: string) => unknown[]): unknown[] =>
      loopMounted(image, join(directory, 'mounted'), 'squashfs', ['ro', `offset=${offsetBytes}`], use)
    const [trees, xattrs] = [
      [mountImage(treeOfDirectory), mount(treeOfDirectory)] as [TreeEntry[], TreeEntry[]],
      [mountImage(xattrsOfDirectory), mount(xattrsOfDirectory)] as [string[], string[]],
    ]
    const kept = (line: string): boolean => KEPT.test(line) && !line.startsWith(' ')
    return {
      made: source.made,
      nodes: trees[1].length,
      differences: [
        ...differencesOf(trees[0].flatMap(asKept), trees[1].flatMap(asKept), 'tree'),
        ...differencesOf(xattrs[0].filter(kept), xattrs[1].filter(kept), 'xattr'),
      ],
    }
  },
}

async function pack(fileSystem: FileSystem, outputPath: string, offsetBytes: number): Promise<void> {
  const { signal } = new AbortController()
  const root = { address: 'p1', fileSystem, directory: fileSystem.root }
  const tree = { root, mounted: new Map(), replaced: new Map(), emptied: new Set<string>() }
  const archive = tarOfTree(tree, newTally(), SQUASHFS_FORM, signal)
  const job = { archive, compression: 'zstd', outputPath, offsetBytes, rootMode: 0o755 } as const
  await rootImageMaker().make(job, signal)
}

/** The root has no entry; sockets are left out; whether there are attributes is compared by themselves; times fit 32 bits. */
function asKept(entry: TreeEntry): TreeEntry[] {
  const { hasXattrs: _, ...rest } = entry
  if (entry.path === '/' || entry.kind === 'socket') return []
  return [{ ...rest, mtime: Math.max(0, Math.min(entry.mtime ?? 0, LATEST)) }]
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
