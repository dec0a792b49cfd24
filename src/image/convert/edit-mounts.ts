import type { Patch } from '../../bytes/index.ts'
import type { Finding } from '../../core/index.ts'
import { findPath, readFile } from '../../formats/filesystem/index.ts'
import type { ContentChange } from '../../formats/filesystem/index.ts'
import { devicesIn, lastingName, namedBy, parseCrypttab, parseFstab } from '../boot/index.ts'
import type { FstabEntry } from '../boot/index.ts'
import type { StackNode, Volume } from '../stack/index.ts'
import type { Base } from './base.ts'
import type { Change } from '../../contract/index.ts'
import { placeOfDevice } from './device-place.ts'
import type { DevicePlace } from './device-place.ts'
import { raise } from './errors.ts'
import { finding } from './findings.ts'
import { editFstab } from './fstab.ts'
import { OVERLAPS, isOverlapping, locateEdit } from './locate-edit.ts'

/** No fstab is that long. */
const MOST_FSTAB_BYTES = 1024 * 1024

export type MountEdit = Readonly<{
  /** In the base. */
  patches: readonly Patch[]
  changes: readonly Change[]
  findings: readonly Finding[]
}>

/**
 * Takes out of the fstab and the crypttab of a system what will not be where the base alone is, and gives what is in it a name
 * that lasts. `systemRoot` is where the system's `/` is in its file system: `/`, or the deployment's directory. Throws
 * EDIT_REFUSED.
 */
export async function editMounts(
  disk: StackNode,
  base: Base,
  root: Volume,
  systemRoot: string,
  signal?: AbortSignal,
): Promise<MountEdit> {
  const place = { disk, base, root, systemRoot, ...(signal && { signal }) }
  const fstab = await editTable(place, '/etc/fstab', (entry) => placeOfMount(disk, base, root, entry))
  const crypttab = await editTable(
    place,
    '/etc/crypttab',
    ({ device }) => placeOfDevice(disk, base, device),
    parseCrypttab,
  )
  if (isOverlapping(fstab.patches, crypttab.patches))
    throw raise('EDIT_REFUSED', { file: '/etc/crypttab', why: OVERLAPS })
  return {
    patches: [...fstab.patches, ...crypttab.patches],
    changes: [...fstab.changes, ...crypttab.changes],
    findings: [...fstab.findings, ...crypttab.findings],
  }
}

type Where = Readonly<{
  disk: StackNode
  base: Base
  root: Volume
  systemRoot: string
  signal?: AbortSignal
}>

async function editTable(
  { disk, base, root, systemRoot, signal }: Where,
  wanted: '/etc/fstab' | '/etc/crypttab',
  placeOf: (entry: FstabEntry) => DevicePlace,
  parse?: (bytes: Uint8Array) => readonly FstabEntry[],
): Promise<MountEdit> {
  const walk = { lastLink: 'follow', root: systemRoot, ...(signal && { signal }) } as const
  const found = await findPath(root.fileSystem, wanted, walk)
  if (found === undefined || found.kind !== 'file') return { patches: [], changes: [], findings: [] }
  const path = `${systemRoot === '/' ? '' : systemRoot}${found.realPath}`
  const before = await readFile(root.fileSystem, found.id, {
    path,
    limitBytes: MOST_FSTAB_BYTES,
    ...(signal && { signal }),
  })
  const { bytes, removed, renamed, doubtful, nameless } = editFstab(before, placeOf, parse)
  const edit: ContentChange =
    bytes === before
      ? { patches: [] }
      : await locateEdit(disk, base, root, { id: found.id, before, after: bytes }, signal)
  if ('refusal' in edit) throw raise('EDIT_REFUSED', { file: path, why: edit.refusal })
  const lineOf = ({ line }: FstabEntry): string => `${root.address}:${path}:${line}`
  return {
    patches: edit.patches,
    changes: [
      ...removed.map(({ text, reason, entry }) => ({
        file: path,
        what: `line ${entry.line} is a comment now: ${text.trim()}`,
        reason,
      })),
      ...renamed.map(({ entry, name }) => ({
        file: path,
        what: `line ${entry.line} says ${name} instead of ${entry.device}`,
        reason:
          'where the base is written, its partition is called otherwise; the file system keeps its name',
      })),
    ],
    findings: [
      ...doubtful.map((entry) =>
        finding(
          'REFERENCE_UNKNOWN',
          lineOf(entry),
          `it says ${entry.device} for ${entry.mountPoint}, and nothing in the image is that: kept, for it may be another disk of the machine`,
        ),
      ),
      ...nameless.map((entry) =>
        finding('REFERENCE_NOT_KEPT', lineOf(entry), `it says ${entry.device}, which has no name of its own`),
      ),
      ...(parse ?? parseFstab)(bytes).flatMap((entry) =>
        removed.some((one) => one.entry.line === entry.line)
          ? []
          : aboutOptions(disk, base, entry, lineOf(entry)),
      ),
    ],
  }
}

/** Devices in the options of a line that stays (journals, logs, keys, x-systemd.requires=): they are not edited. */
function aboutOptions(
  disk: StackNode,
  base: Base,
  { type, options }: FstabEntry,
  line: string,
): readonly Finding[] {
  return devicesIn([type, ...options].join(' ')).flatMap((device) => {
    const place = placeOfDevice(disk, base, device)
    switch (place.at) {
      case 'there':
        return []
      case 'renamed':
        return [finding('REFERENCE_NOT_KEPT', line, `its options say ${device}`)]
      case 'left behind':
        return [
          finding(
            'REFERENCE_LEFT_BEHIND',
            line,
            `its options say ${device}, which is ${place.what} and not in the base`,
          ),
        ]
      case 'unknown':
        return [
          finding('REFERENCE_UNKNOWN', line, `its options say ${device}, and nothing in the image is that`),
        ]
    }
  })
}

/** What is mounted at `/` is the root, whatever one machine called it. */
function placeOfMount(
  disk: StackNode,
  base: Base,
  root: Volume,
  { device, mountPoint }: FstabEntry,
): DevicePlace {
  const place = placeOfDevice(disk, base, device)
  const by = namedBy(device)
  if (place.at !== 'unknown' || mountPoint !== '/' || (by !== 'partition' && by !== 'machine')) return place
  const name = lastingName(disk, root.node)
  return { at: 'renamed', ...(name !== undefined && { by: name }) }
}
