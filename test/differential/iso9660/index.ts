import { mkdirSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { openImageSource } from '../../../src/adapters/image-source/index.ts'
import { openIso9660 } from '../../../src/formats/iso9660/index.ts'
import { treeOfDirectory } from '../../fixtures/tree-of-directory.ts'
import { treeOf } from '../../fixtures/tree.ts'
import type { TreeEntry } from '../../fixtures/tree.ts'
import { Random } from '../random.ts'
import { run } from '../run.ts'
import { differencesOf } from '../target.ts'
import type { DifferentialTarget } from '../target.ts'
import { makeDisc } from './make.ts'
import type { Made } from './make.ts'

const PROGRAMS = ['genisoimage', 'xorriso', 'bsdtar', 'getfattr', 'blkid'] as const

/** Random discs against the tree that they were made of, against what bsdtar unpacks, and against blkid. */
export const iso9660: DifferentialTarget = {
  name: 'iso9660',
  lacks() {
    const missing = PROGRAMS.filter((name) => spawnSync(name, ['--version']).error !== undefined)
    return missing.length === 0 ? undefined : `needs ${missing.join(', ')}`
  },
  async compare(seed, directory, size) {
    const made = makeDisc(new Random(seed, size), directory)
    const unpacked = join(directory, 'unpacked')
    mkdirSync(unpacked)
    run('bsdtar', ['-xpf', made.image, '-C', unpacked])
    await using image = await openImageSource(made.image, { threads: 0 })
    const fs = await openIso9660(image.source)
    const ours = await treeOf(fs)
    const { label, uuid } = fs.facts
    // bsdtar leaves some of them where they were moved to.
    const movesDirectories = made.names === 'rock-ridge' && !made.command.includes(' -D ')
    const tags = run('blkid', ['-p', '-o', 'export', made.image])
    const tag = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(tags)?.[1] ?? ''
    return {
      made: made.command,
      nodes: ours.length,
      differences: [
        ...(movesDirectories
          ? []
          : differencesOf(
              comparable(ours, made, 'bsdtar'),
              comparable(treeOfDirectory(unpacked), made, 'bsdtar'),
              'bsdtar',
            )),
        ...(made.names === 'plain'
          ? []
          : differencesOf(
              comparable(ours, made, 'source'),
              comparable(treeOfDirectory(made.tree), made, 'source'),
              'source',
            )),
        ...differencesOf([label, uuid], [tag('LABEL'), tag('UUID')], 'blkid'),
        ...fs.warnings.map(({ message }) => `warning: ${message}`),
      ],
    }
  },
}

/** Of a tree what every side knows: makers of discs and bsdtar have their own ideas of the rest. */
function comparable(
  tree: readonly TreeEntry[],
  { names, command }: Made,
  against: 'bsdtar' | 'source',
): readonly unknown[] {
  return tree
    .filter(({ path }) => path !== '/' && !/^\/\.?rr_moved$/i.test(path))
    .map(({ path, kind, mode, size, sha256, target, mtime }) => ({
      path: names === 'plain' ? path.toLowerCase() : path,
      kind,
      ...(names === 'rock-ridge' && command.includes(' -R ') && kind !== 'symlink' ? { mode } : {}),
      // bsdtar sets the times of directories and links as it likes.
      ...(kind === 'file' ? { size, sha256, mtime } : {}),
      // bsdtar leaves a slash out where a link goes on in another entry.
      ...(kind === 'symlink' && against === 'source' ? { target } : {}),
    }))
}
