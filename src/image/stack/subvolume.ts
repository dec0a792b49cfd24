import type { Subvolume } from '../../formats/filesystem/index.ts'
import type { Volume } from './find-node.ts'

/**
 * A subvolume of a volume, as a volume by itself: its root is the subvolume's. It is called `p3[/root]`, as findmnt(8)
 * calls it; the top level is the volume itself.
 */
export function atSubvolume({ node, fileSystem }: Volume, { path, root }: Subvolume): Volume {
  if (node.content.kind !== 'file system') return { address: node.address, node, fileSystem }
  const whole = node.content.fileSystem
  if (path === '/') return { address: node.address, node, fileSystem: whole }
  const address = `${node.address}[${path}]`
  return { address, node, fileSystem: { ...whole, root }, subvolume: path }
}

/** What is mounted where no subvolume is named. */
export function atDefaultSubvolume(volume: Volume): Volume {
  const found = volume.fileSystem.subvolumes?.find(({ isDefault }) => isDefault)
  return found === undefined ? volume : atSubvolume(volume, found)
}

/** All subvolumes, from the top level on. */
export function wholeOf(volume: Volume): Volume {
  const top = volume.fileSystem.subvolumes?.find(({ path }) => path === '/')
  return top === undefined ? volume : atSubvolume(volume, top)
}

export type NamedSubvolume = Readonly<{ named: string; found: Subvolume | undefined }>

/**
 * The subvolume that mount options name (btrfs(5)): the last `subvol=` or `subvolid=`. Undefined where they name none.
 * A path may begin without a slash, and is from the top level.
 */
export function namedSubvolume(
  subvolumes: readonly Subvolume[],
  options: readonly string[],
): NamedSubvolume | undefined {
  const named = options.findLast((option) => /^subvol(?:id)?=/.test(option))
  if (named === undefined) return undefined
  const value = named.slice(named.indexOf('=') + 1)
  if (named.startsWith('subvolid=')) {
    // 0 means the top level, too.
    const id = Number(value) || 5
    return { named, found: subvolumes.find((one) => one.id === id) }
  }
  const path = `/${value
    .split('/')
    .filter((part) => part !== '')
    .join('/')}`
  return { named, found: subvolumes.find((one) => one.path === path) }
}
