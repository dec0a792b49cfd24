import type { Patch } from '../../bytes/index.ts'
import { findPath, readFile } from '../../formats/filesystem/index.ts'
import type { ContentChange } from '../../formats/filesystem/index.ts'
import type { FstabEntry } from '../boot/index.ts'
import { matchDevice } from '../stack/index.ts'
import type { StackNode, Volume } from '../stack/index.ts'
import type { Base } from './base.ts'
import type { Change } from './boot-file.ts'
import { raise } from './errors.ts'
import { editFstab, namesBlockDevice } from './fstab.ts'
import type { DevicePlace } from './fstab.ts'
import { locateEdit } from './locate-edit.ts'
import { locateIn } from './locate.ts'

/** No fstab is that long. */
const MOST_FSTAB_BYTES = 1024 * 1024

export type MountEdit = Readonly<{
  /** In the base. */
  patches: readonly Patch[]
  changes: readonly Change[]
  warnings: readonly string[]
}>

/**
 * Takes out of the fstab of a system what will not be where the base alone is. `systemRoot` is where the system's `/`
 * is in its file system: `/`, or the deployment's directory. Throws EDIT_REFUSED.
 */
export async function editMounts(
  disk: StackNode,
  base: Base,
  root: Volume,
  systemRoot: string,
  signal?: AbortSignal,
): Promise<MountEdit> {
  const walk = { lastLink: 'follow', root: systemRoot, ...(signal && { signal }) } as const
  const found = await findPath(root.fileSystem, '/etc/fstab', walk)
  if (found === undefined || found.kind !== 'file') return { patches: [], changes: [], warnings: [] }
  const path = `${systemRoot === '/' ? '' : systemRoot}${found.realPath}`
  const before = await readFile(root.fileSystem, found.id, {
    path,
    limitBytes: MOST_FSTAB_BYTES,
    ...(signal && { signal }),
  })
  const { bytes, removed, doubtful } = editFstab(before, (entry) => placeOf(disk, base, entry))
  const edit: ContentChange =
    removed.length === 0
      ? { patches: [] }
      : await locateEdit(disk, base, root, { id: found.id, before, after: bytes }, signal)
  if ('refusal' in edit) throw raise('EDIT_REFUSED', { file: path, why: edit.refusal })
  return {
    patches: edit.patches,
    changes: removed.map(({ text, reason, entry }) => ({
      file: path,
      what: `line ${entry.line} is a comment now: ${text.trim()}`,
      reason,
    })),
    warnings: doubtful.map(
      ({ device, mountPoint }) =>
        `fstab mounts ${device} at ${mountPoint}, and nothing in the image is that: kept, for it may be another disk of the machine`,
    ),
  }
}

/** A device is there if it is the base or something inside it. */
function placeOf(disk: StackNode, base: Base, { device }: FstabEntry): DevicePlace {
  if (!namesBlockDevice(device)) return { at: 'there' }
  const matches = matchDevice(disk, device)
  const [first] = matches
  if (first === undefined) return { at: 'unknown' }
  if (matches.some((node) => isIn(disk, base.node, node))) return { at: 'there' }
  return { at: 'left behind', what: describe(first) }
}

/** Whether all of a node lies in another. */
function isIn(disk: StackNode, outer: StackNode, inner: StackNode): boolean {
  let covered = 0
  for (const { lengthBytes } of locateIn(disk, outer, inner, 0, inner.sizeBytes)) covered += lengthBytes
  return covered === inner.sizeBytes
}

function describe(node: StackNode): string {
  return node.role === 'partition' ? `partition ${node.address.replace(/^p/, '')}` : node.address
}
