import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openContainer } from '../../../src/adapters/container-image/index.ts'
import { isAnnealError } from '../../../src/core/index.ts'
import { writeLayout } from '../../fixtures/oci-layout.ts'
import type { LayerForm } from '../../fixtures/oci-layout.ts'
import { treeOf } from '../../fixtures/tree.ts'
import type { TreeEntry } from '../../fixtures/tree.ts'
import { treeOfDirectory } from '../../fixtures/tree-of-directory.ts'
import { xattrsOf, xattrsOfDirectory } from '../../fixtures/xattrs.ts'
import { Random } from '../random.ts'
import type { Size } from '../random.ts'
import { differencesOf } from '../target.ts'
import type { Comparison } from '../target.ts'
import { makeLayers } from './make.ts'

const FORMS: readonly LayerForm[] = ['gzip', 'zstd', 'none']

/** A generated container image, against what `umoci unpack` makes of it. What umoci refuses, Anneal has to refuse. */
export async function compareOci(seed: number, directory: string, size?: Size): Promise<Comparison> {
  const random = new Random(seed, size)
  const work = join(directory, 'work')
  mkdirSync(work)
  const { layers, made, hasWhiteouts } = makeLayers(random, work)
  writeLayout(join(directory, 'theirs'), layers)
  writeLayout(join(directory, 'ours'), layers, { forms: layers.map(() => random.pick(FORMS)) })
  const bundle = join(directory, 'bundle')
  const unpacked = spawnSync('umoci', ['unpack', '--image', `${join(directory, 'theirs')}:a`, bundle], {
    encoding: 'utf8',
  })
  if (unpacked.error !== undefined) throw unpacked.error
  const found = await read(`oci:${join(directory, 'ours')}:a`)
  if (unpacked.status !== 0) return refused(made, unpacked.stderr, found)
  if ('refusal' in found) return { made, nodes: 0, differences: [`only Anneal refuses: ${found.refusal}`] }
  const root = join(bundle, 'rootfs')
  const unnamed = found.tree.filter(({ kind, mtime }) => kind === 'directory' && mtime === 0)
  // Directories that no layer names: umoci gives them, and their parents, the time of unpacking.
  const implied = new Set(unnamed.flatMap(({ path }) => [path, dirname(path)]))
  // Where a file was in their place, umoci of today gives them its mode, owner and attributes
  // (findings/umoci-gives-a-directory-the-mode-of-a-file.sh).
  const takesAfterFile = new Set(umociVersion() < 5 ? [] : unnamed.map(({ path }) => path))
  const isCompared = (line: string): boolean => !takesAfterFile.has(line.split(' ')[0] ?? '')
  const comparable = (entry: TreeEntry): object => {
    if (takesAfterFile.has(entry.path)) return { path: entry.path, kind: entry.kind }
    if (entry.kind !== 'directory' || !(hasWhiteouts || implied.has(entry.path))) return entry
    const { mtime: _, ...rest } = entry
    return rest
  }
  const theirs = treeOfDirectory(root)
  return {
    made,
    nodes: theirs.length,
    differences: [
      ...differencesOf(found.tree.map(comparable), theirs.map(comparable), 'tree'),
      ...differencesOf(found.xattrs.filter(isCompared), xattrsOfDirectory(root).filter(isCompared), 'xattrs'),
    ],
  }
}

/** 4 for 0.4.7. */
function umociVersion(): number {
  const said = spawnSync('umoci', ['--version'], { encoding: 'utf8' }).stdout
  return Number(/version 0\.(\d+)/.exec(said)?.[1] ?? 0)
}

type Found = Readonly<{ tree: readonly TreeEntry[]; xattrs: readonly string[] }>

async function read(location: string): Promise<Found | Readonly<{ refusal: string }>> {
  try {
    await using container = await openContainer(location)
    const { fileSystem } = container
    return { tree: await treeOf(fileSystem), xattrs: await xattrsOf(fileSystem) }
  } catch (error) {
    if (isAnnealError(error)) return { refusal: error.message }
    throw error
  }
}

/** A parent that is a file: umoci of today makes a directory of it, as Anneal does; the one of Debian gives up. */
function refused(made: string, said: string, found: Awaited<ReturnType<typeof read>>): Comparison {
  if ('refusal' in found || said.includes('not a directory')) return { made, nodes: 0, differences: [] }
  return { made, nodes: 0, differences: [`only umoci refuses: ${said.trim().split('\n').at(-1)}`] }
}
