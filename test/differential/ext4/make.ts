import { spawnSync } from 'node:child_process'
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { treeOfDirectory } from '../../fixtures/tree-of-directory.ts'
import type { TreeEntry } from '../../fixtures/tree.ts'
import type { Random } from '../random.ts'
import { loopMounted } from '../loop-mount.ts'
import { run } from '../run.ts'
import { fill } from './content.ts'
import { drawOptions } from './options.ts'
import type { MadeWith } from './options.ts'

export type Image = Readonly<{
  path: string
  options: MadeWith
  made: string
  /** What mke2fs copied into an image that no kernel mounts; else the mounted image tells. */
  copied: readonly TreeEntry[] | undefined
}>

/** Combinations that mke2fs refuses are drawn again. */
const MOST_DRAWS = 20

export function makeImage(random: Random, directory: string): Image {
  const refused: string[] = []
  for (let draw = 0; draw < MOST_DRAWS; draw += 1) {
    const options = drawOptions(random)
    const source = join(directory, `source-${draw}`)
    const path = join(directory, `image-${draw}`)
    // Files of the kernel, files that mke2fs copies, or both.
    const by =
      options.mountable && options.writable ? random.pick(['kernel', 'mke2fs', 'both'] as const) : 'mke2fs'
    mkdirSync(source)
    if (by !== 'kernel') fill(random, source, 'copy')
    const args = ['-q', '-F', ...(by === 'kernel' ? [] : ['-d', source]), ...options.args, path]
    writeFileSync(path, '')
    truncateSync(path, options.sizeMiB * 2 ** 20)
    const { status, stderr } = spawnSync('mke2fs', args, { env: { ...process.env, LC_ALL: 'C' } })
    if (status !== 0) {
      refused.push(`mke2fs ${args.join(' ')}: ${stderr?.toString() ?? 'is not there'}`)
      continue
    }
    hashAs(options, path)
    if (by !== 'kernel' && random.chance(50)) e2fsck(path, '-fyD')
    if (by !== 'mke2fs') inKernel(path, directory, 'rw', (mounted) => fillUntilFull(random, mounted))
    const copied = options.mountable ? undefined : treeOfDirectory(source)
    return { path, options, made: `${by}: mke2fs ${args.join(' ')}; ${options.hash}`, copied }
  }
  throw new Error(`mke2fs refused ${MOST_DRAWS} draws:\n${refused.join('\n')}`)
}

/** A file system that is full is as good as any other. */
function fillUntilFull(random: Random, mounted: string): void {
  const directory = join(mounted, 'kernel')
  try {
    mkdirSync(directory)
    fill(random, directory, 'kernel')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}

/** Mounts the image, and unmounts it whatever happens. */
export function inKernel<T>(
  path: string,
  directory: string,
  mode: 'ro' | 'rw',
  use: (mounted: string) => T,
): T {
  return loopMounted(path, join(directory, 'mounted'), 'ext4', [mode], use)
}

function hashAs({ hash, unsigned }: MadeWith, path: string): void {
  run('tune2fs', ['-E', `hash_alg=${hash}`, path])
  if (unsigned) run('debugfs', ['-w', '-R', 'ssv flags 2', path])
}

/** Exit code 1 says that something was changed, which is what is asked for. */
function e2fsck(path: string, flags: string): void {
  const { status, stdout } = spawnSync('e2fsck', [flags, path])
  if (status === null || status > 1) throw new Error(`e2fsck ${flags}: ${status}\n${stdout?.toString()}`)
}
