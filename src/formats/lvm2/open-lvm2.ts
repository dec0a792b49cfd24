/**
 * LVM2: labels, metadata areas and their text, and the logical volumes of a group as sources. Linear, striped and
 * multi-segment volumes are read, and raid1, mirror and thin ones; other raid, snapshot, cache, vdo, writecache and integrity
 * ones, and those on a physical volume that is not there, are refused one by one, each by its name: the others stay readable.
 *
 * Of several copies of the metadata the newest sound one counts; older texts that still lie in the rings are never read.
 * Reference: lvm2 2.03, lib/format_text and lib/label (there is no other specification). Not read: LVM1, clustered
 * locks, bootloader areas.
 */
import { cached } from '../../bytes/index.ts'
import type { ByteSource, ReaderWarning } from '../../bytes/index.ts'
import { buildGroup } from './build-group.ts'
import { raise } from './errors.ts'
import { withDerived } from './derived-volumes.ts'
import { warning } from './findings.ts'
import type { GroupText } from './parse-group.ts'
import { readAreas } from './read-areas.ts'
import type { Copy } from './read-areas.ts'
import { readLabel } from './read-label.ts'
import type { VolumeGroup } from './volume-group.ts'

export type LvmVolumes = Readonly<{
  groups: readonly VolumeGroup[]
  /** Given physical volumes that belong to no group. */
  orphans: readonly Readonly<{ id: string; source: ByteSource }>[]
  warnings: readonly ReaderWarning[]
}>

/** A copy of a group's description, and on which physical volume it was found. */
type Found = Copy & Readonly<{ on: ByteSource; onId: string }>

/** The label, the header and the text of a young group lie within one block. */
const BLOCK_BYTES = 64 * 1024

/**
 * The volume groups that the given physical volumes make up: as many or as few of a group as there are. Throws
 * LVM_LABEL_MISSING, LVM_LABEL_DAMAGED, LVM_METADATA_DAMAGED, LVM_METADATA_CONFLICT, LVM_PV_DUPLICATE,
 * LVM_GROUP_INVALID, LVM_EXTENTS_SHARED.
 */
export async function openLvm2(
  pvs: readonly ByteSource[],
  options: Readonly<{ signal?: AbortSignal }> = {},
): Promise<LvmVolumes> {
  const sources = new Map<string, ByteSource>()
  const found: Found[] = []
  const damages: Readonly<{ on: ByteSource; onId: string; reasons: readonly string[] }>[] = []
  for (const on of pvs) {
    const metadata = cached(on, { blockBytes: BLOCK_BYTES, blocks: 4 })
    const label = await readLabel(metadata, options.signal)
    const twin = sources.get(label.uuid)
    if (twin !== undefined) {
      throw raise('LVM_PV_DUPLICATE', { first: twin.name, second: on.name, uuid: label.uuid })
    }
    sources.set(label.uuid, on)
    const areas = await readAreas(metadata, label, options.signal)
    for (const area of areas) {
      if (area.kind === 'group') found.push({ ...area.copy, on, onId: label.uuid })
    }
    const reasons = areas.flatMap((area) => (area.kind === 'damaged' ? [area.reason] : []))
    if (reasons.length > 0) damages.push({ on, onId: label.uuid, reasons })
  }

  const newest = newestOf(found)
  const texts = [...newest.values()].map(({ group }) => group)
  const listed = new Set(texts.flatMap(({ physical }) => [...physical.values()].map(({ id }) => id)))
  const lost = damages.find(({ onId }) => !listed.has(onId))
  if (lost !== undefined) {
    throw raise('LVM_METADATA_DAMAGED', { source: lost.on.name, reason: lost.reasons.join('; ') })
  }
  const groups = await Promise.all(
    texts.map((text) => withDerived(buildGroup(text, sources), text, options.signal)),
  )
  return {
    groups,
    orphans: [...sources].flatMap(([id, source]) => (listed.has(id) ? [] : [{ id, source }])),
    warnings: [
      ...groups.flatMap((group) => group.warnings),
      ...damages.map(({ on, reasons }) =>
        warning('LVM_AREA_DAMAGED', `on "${on.name}", ${reasons.join('; ')}`),
      ),
      ...found.flatMap((copy) => aboutCopy(copy, newest.get(copy.group.id)?.group)),
      ...texts
        .filter(({ status }) => status.includes('EXPORTED'))
        .map(({ name }) => warning('LVM_GROUP_EXPORTED', `the volume group "${name}" is exported`)),
    ],
  }
}

/** By the group's id. */
function newestOf(found: readonly Found[]): ReadonlyMap<string, Found> {
  const newest = new Map<string, Found>()
  for (const copy of found) {
    const { id, name, seqno } = copy.group
    const other = newest.get(id)
    if (other === undefined || seqno > other.group.seqno) newest.set(id, copy)
    else if (seqno === other.group.seqno && copy.groupCrc !== other.groupCrc) {
      throw raise('LVM_METADATA_CONFLICT', { group: name, first: other.on.name, second: copy.on.name, seqno })
    }
  }
  return newest
}

function aboutCopy({ group, on, onId }: Found, newest: GroupText | undefined): readonly ReaderWarning[] {
  if (newest === undefined) return []
  const warnings: ReaderWarning[] = []
  if (group.seqno < newest.seqno) {
    const message = `on "${on.name}" the group "${group.name}" is at change ${group.seqno}, elsewhere at ${newest.seqno}`
    warnings.push(warning('LVM_AREA_STALE', message))
  }
  if (![...newest.physical.values()].some(({ id }) => id === onId)) {
    const message = `"${on.name}" (${onId}) is not listed in the group "${newest.name}"`
    warnings.push(warning('LVM_PV_NOT_LISTED', message))
  }
  return warnings
}
