import { atDefaultSubvolume, atSubvolume, namedSubvolume } from '../stack/index.ts'
import type { Volume } from '../stack/index.ts'
import { parseFstab } from './fstab.ts'
import type { ImageFiles } from './image-files.ts'

/** Snapshots may be many; a system is in one of the first. */
const MOST_LOOKED_AT = 64

/**
 * The subvolumes of a volume that may hold a system, each as a volume: the default one, then the ones that can be
 * written, then those nearer to the top level. None for a file system without subvolumes.
 */
export function subvolumesToLookAt(volume: Volume): readonly Volume[] {
  const { subvolumes = [] } = volume.fileSystem
  const depth = (path: string): number => path.split('/').length
  return subvolumes
    .filter(({ path }) => path !== '/')
    .toSorted(
      (a, b) =>
        Number(b.isDefault) - Number(a.isDefault) ||
        Number(a.isReadOnly) - Number(b.isReadOnly) ||
        depth(a.path) - depth(b.path) ||
        a.id - b.id,
    )
    .slice(0, MOST_LOOKED_AT)
    .map((one) => atSubvolume(volume, one))
}

/**
 * Whether the fstab of a system says that its root is the very subvolume that the system is in: that of a snapshot
 * names what it is a snapshot of. Without a name, it is the default one.
 */
export async function isOwnRoot(files: ImageFiles, volume: Volume): Promise<boolean> {
  const fstab = await files.text(volume, '/etc/fstab')
  const entries = parseFstab(new TextEncoder().encode(fstab?.text ?? ''))
  const root = entries.find(({ mountPoint }) => mountPoint === '/')
  return root !== undefined && mountedAt(volume, root.options)?.address === volume.address
}

/** What a mount of the file system with these options shows; undefined where they name a subvolume that is not there. */
export function mountedAt(volume: Volume, options: readonly string[]): Volume | undefined {
  const { subvolumes } = volume.fileSystem
  if (subvolumes === undefined) return volume
  const named = namedSubvolume(subvolumes, options)
  if (named === undefined) return atDefaultSubvolume(volume)
  return named.found && atSubvolume(volume, named.found)
}
