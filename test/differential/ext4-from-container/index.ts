import { spawnSync } from 'node:child_process'
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openContainer } from '../../../src/adapters/container-image/index.ts'
import { ext4Maker } from '../../../src/adapters/ext4-maker/index.ts'
import { isAnnealError } from '../../../src/core/index.ts'
import { EXT4_FORM, newTally, tarOfTree } from '../../../src/image/live/index.ts'
import { writeLayout } from '../../fixtures/oci-layout.ts'
import type { LayerForm } from '../../fixtures/oci-layout.ts'
import { writeTar } from '../../fixtures/tar-writer.ts'
import type { WrittenEntry } from '../../fixtures/tar-writer.ts'
import { treeOf } from '../../fixtures/tree.ts'
import type { TreeEntry } from '../../fixtures/tree.ts'
import { treeOfDirectory } from '../../fixtures/tree-of-directory.ts'
import { xattrsOf, xattrsOfDirectory } from '../../fixtures/xattrs.ts'
import { loopMounted } from '../loop-mount.ts'
import { makeLayers } from '../oci/make.ts'
import { Random } from '../random.ts'
import { differencesOf } from '../target.ts'
import type { Comparison, DifferentialTarget } from '../target.ts'

const FORMS: readonly LayerForm[] = ['gzip', 'zstd', 'none']
const SIZE_BYTES = 64 << 20
const TIMES = [1_500_000_000, 0, 4_000_000_000, 8_000_000_000]
const UUID = '11111111-2222-4333-8444-555555555555'

/** The ext4 of a generated container, as the kernel mounts it, against what `umoci unpack` makes of the container; and e2fsck. */
export const ext4FromContainer: DifferentialTarget = {
  name: 'ext4-from-container',
  lacks() {
    if (process.getuid?.() !== 0) return 'only root may make devices'
    const needed = ['umoci', 'getfattr', 'setfattr', 'mke2fs', 'debugfs', 'e2fsck']
    const missing = needed.find((name) => spawnSync('which', [name]).status !== 0)
    return missing === undefined ? undefined : `${missing} is not installed`
  },
  async compare(seed, directory) {
    const random = new Random(seed)
    const work = join(directory, 'work')
    mkdirSync(work)
    const { layers: drawn, made, hasWhiteouts } = makeLayers(random, work)
    const layers = [...drawn, writeTar(awkward(random))]
    writeLayout(join(directory, 'theirs'), layers)
    writeLayout(join(directory, 'ours'), layers, { forms: layers.map(() => random.pick(FORMS)) })
    const bundle = join(directory, 'bundle')
    const unpacked = spawnSync('umoci', ['unpack', '--image', `${join(directory, 'theirs')}:a`, bundle])
    if (unpacked.error !== undefined) throw unpacked.error
    const image = join(directory, 'image')
    const container = await makeExt4(`oci:${join(directory, 'ours')}:a`, image, directory)
    // What one of them refuses is compared by the target `oci`.
    if (container === undefined) return { made, nodes: 0, differences: [] }
    const implied = new Set(
      container.tree
        .filter(({ kind, mtime }) => kind === 'directory' && mtime === 0)
        .flatMap(({ path }) => [path, dirname(path)]),
    )
    const comparable = (entry: TreeEntry): readonly TreeEntry[] => {
      const { hasXattrs: _, ...rest } = entry
      if (entry.path === '/lost+found') return []
      if (entry.kind !== 'directory' || !(hasWhiteouts || implied.has(entry.path))) return [rest]
      const { mtime: __, ...timeless } = rest
      return [timeless]
    }
    const root = join(bundle, 'rootfs')
    const isUnpacked = unpacked.status === 0
    const theirs = isUnpacked ? treeOfDirectory(root) : container.tree
    const xattrs = isUnpacked ? xattrsOfDirectory(root) : container.xattrs
    return loopMounted(image, join(directory, 'mounted'), 'ext4', ['ro'], (mounted): Comparison => {
      const checked = spawnSync('e2fsck', ['-fn', image], { encoding: 'utf8' })
      return {
        made,
        nodes: theirs.length,
        differences: [
          ...(checked.status === 0 ? [] : [`e2fsck: ${checked.stdout} ${checked.stderr}`]),
          ...differencesOf(treeOfDirectory(mounted).flatMap(comparable), theirs.flatMap(comparable), 'tree'),
          ...differencesOf(xattrsOfDirectory(mounted), xattrs, 'xattrs'),
        ],
      }
    })
  },
}

/** What debugfs could take for something else, and more names than a block of a directory holds. */
function awkward(random: Random): readonly WrittenEntry[] {
  const facts = {
    mode: 0o644,
    uid: random.pick([0, 70_000]),
    gid: 0,
    mtime: random.pick(TIMES),
    form: 'pax',
  } as const
  const names = [
    '<2>',
    '-f',
    'a"b',
    '"',
    '# mark',
    'a\\b',
    "it's",
    'tab\there',
    '..x',
    '~',
    '$(x)',
    'x'.repeat(255),
  ]
  const many = random.pick([0, 0, 400])
  return [
    { path: 'awk ward/', type: '5', mode: 0o2755, uid: 0, gid: 4, mtime: 1_400_000_000 },
    ...names.map((name) => ({
      path: `awk ward/${name}`,
      content: random.bytes(random.below(9000)),
      ...facts,
    })),
    { path: 'awk ward/link', type: '2', link: '<2> "x"', ...facts },
    { path: 'awk ward/long', type: '2', link: 'y/'.repeat(random.between(1, 1000)), ...facts },
    { path: 'awk ward/device', type: '4', device: [259, 1_048_575], ...facts },
    ...Array.from({ length: many }, (_, index) => ({
      path: `awk ward/a rather long name of a link, number ${index}`,
      type: '1',
      link: 'awk ward/<2>',
    })),
  ]
}

async function makeExt4(
  location: string,
  outputPath: string,
  scratchDirectory: string,
): Promise<Readonly<{ tree: readonly TreeEntry[]; xattrs: readonly string[] }> | undefined> {
  const { signal } = new AbortController()
  try {
    await using container = await openContainer(location)
    const { fileSystem } = container
    writeFileSync(outputPath, '')
    truncateSync(outputPath, SIZE_BYTES)
    const root = { address: '', fileSystem, directory: fileSystem.root }
    const tree = { root, mounted: new Map(), replaced: new Map(), emptied: new Set<string>() }
    await ext4Maker().make(
      {
        archive: tarOfTree(tree, newTally(), EXT4_FORM, signal),
        outputPath,
        offsetBytes: 0,
        sizeBytes: SIZE_BYTES,
        inodes: 4096,
        uuid: UUID,
        label: 'root',
        madeSeconds: 1_500_000_000,
        scratchDirectory,
      },
      signal,
    )
    return { tree: await treeOf(fileSystem), xattrs: await xattrsOf(fileSystem) }
  } catch (error) {
    if (isAnnealError(error)) return undefined
    throw error
  }
}
