import { mapped, windowOf } from '../../bytes/index.ts'
import type { ByteSource, Piece } from '../../bytes/index.ts'
import type { AnnealError } from '../../core/index.ts'
import { raise } from './errors.ts'
import type { GroupText, LogicalText, SegmentText } from './parse-group.ts'
import { rangesOf } from './pv-ranges.ts'
import { striped } from './striped.ts'
import type { LogicalVolume, VolumeGroup, VolumeSegment } from './volume-group.ts'

/** Types whose segments are understood down to the physical volume. */
const READ_TYPES: ReadonlySet<string> = new Set(['striped', 'linear', 'zero'])

/** A group made of its description and of those of its physical volumes that are there. Throws LVM_EXTENTS_SHARED. */
export function buildGroup(text: GroupText, sources: ReadonlyMap<string, ByteSource>): VolumeGroup {
  const context: Context = { text, sources, taken: takenBySnapshots(text) }
  return {
    name: text.name,
    id: text.id,
    seqno: text.seqno,
    extentBytes: text.extentBytes,
    physicalVolumes: [...text.physical].map(([key, pv]) => {
      const source = sources.get(pv.id)
      const base = { id: pv.id, device: pv.device }
      return source === undefined
        ? { ...base, ranges: [] }
        : { ...base, source, ranges: rangesOf(text, key, source) }
    }),
    logicalVolumes: text.logical.map((volume) => buildVolume(volume, context)),
    warnings: [],
  }
}

type Context = Readonly<{
  text: GroupText
  sources: ReadonlyMap<string, ByteSource>
  /** Volumes whose own bytes are not their content, and what they are instead. */
  taken: ReadonlyMap<string, string>
}>

/**
 * A snapshot is a `snapshot` segment that names its origin and the plain volume that stores what changed. The origin
 * reads as it is, unless a snapshot is being merged back into it.
 */
function takenBySnapshots(text: GroupText): ReadonlyMap<string, string> {
  const taken = new Map<string, string>()
  for (const { segments } of text.logical) {
    for (const { cowStore, mergingStore, origin } of segments) {
      if (cowStore !== undefined) taken.set(cowStore, 'snapshot')
      if (mergingStore === undefined) continue
      taken.set(mergingStore, 'snapshot (merging)')
      if (origin !== undefined) taken.set(origin, 'snapshot-merge origin')
    }
  }
  return taken
}

function buildVolume(volume: LogicalText, context: Context): LogicalVolume {
  const { extentBytes } = context.text
  const fullName = `${context.text.name}/${volume.name}`
  const base = {
    name: volume.name,
    id: volume.id,
    sizeBytes: volume.segments.reduce((sum, { extentCount }) => sum + extentCount, 0) * extentBytes,
    visible: volume.status.includes('VISIBLE'),
    types: typesOf(volume, context),
  }
  const refusal = refusalOfType(volume, fullName, context)
  if (refusal !== undefined) return { ...base, segments: [], content: { refusal } }
  const segments = volume.segments.map((segment) => placed(segment, context.text))
  const missing = refusalOfPlace(segments, fullName, context)
  if (missing !== undefined) return { ...base, segments, content: { refusal: missing } }
  const name = `logical volume ${fullName}`
  const pieces = segments.map((segment) => pieceOf(segment, name, context.sources))
  return { ...base, segments, content: { source: mapped(pieces, name) } }
}

function typesOf(volume: LogicalText, { taken }: Context): readonly string[] {
  const role = taken.get(volume.name)
  if (role?.startsWith('snapshot (') === true || role === 'snapshot') return [role]
  return [...new Set(volume.segments.map(typeName))]
}

/** `lvs -o segtype`: one stripe is `linear`. */
function typeName({ type, stripes }: SegmentText): string {
  return type === 'striped' && stripes.length === 1 ? 'linear' : type
}

function refusalOfType(volume: LogicalText, fullName: string, context: Context): AnnealError | undefined {
  const refuse = (type: string): AnnealError => raise('LVM_TYPE_UNSUPPORTED', { volume: fullName, type })
  const role = context.taken.get(volume.name)
  if (role !== undefined) return refuse(role)
  for (const { type, flags, stripes } of volume.segments) {
    if (!READ_TYPES.has(type)) return refuse(type)
    // Flags behind a type are features that a reader has to know.
    if (flags.length > 0) return refuse([type, ...flags].join('+'))
    const other = stripes.find(({ on }) => !context.text.physical.has(on))
    if (other !== undefined) return refuse(`${type} on the logical volume "${other.on}"`)
  }
  return undefined
}

function refusalOfPlace(
  segments: readonly VolumeSegment[],
  volume: string,
  { text, sources }: Context,
): AnnealError | undefined {
  const byId = new Map([...text.physical.values()].map((pv) => [pv.id, pv]))
  for (const { stripes, lengthBytes } of segments) {
    for (const { pv, pvOffsetBytes } of stripes) {
      const known = byId.get(pv)
      const about = { volume, pv, device: known?.device ?? 'of no known device' }
      const source = sources.get(pv)
      if (source === undefined) return raise('LVM_PV_MISSING', about)
      if (known?.status.includes('MISSING') === true) return raise('LVM_PV_MARKED_MISSING', about)
      const endBytes = pvOffsetBytes + lengthBytes / stripes.length
      if (endBytes > source.size) {
        const where = { source: source.name, offsetBytes: pvOffsetBytes, endBytes, sizeBytes: source.size }
        return raise('LVM_VOLUME_OUT_OF_RANGE', { volume, ...where })
      }
    }
  }
  return undefined
}

/** Throws LVM_GROUP_INVALID for a stripe outside of the extents of its physical volume. */
function placed(segment: SegmentText, text: GroupText): VolumeSegment {
  const { extentBytes } = text
  const columnExtents = segment.stripes.length === 0 ? 0 : segment.extentCount / segment.stripes.length
  return {
    volumeOffsetBytes: segment.startExtent * extentBytes,
    lengthBytes: segment.extentCount * extentBytes,
    stripeBytes: segment.stripeBytes,
    stripes: segment.stripes.map(({ on, startExtent }) => {
      const pv = text.physical.get(on)
      if (pv === undefined || startExtent + columnExtents > pv.extentCount) {
        throw raise('LVM_GROUP_INVALID', {
          group: text.name,
          where: `a segment from extent ${segment.startExtent}`,
          problem: `lies outside of the ${pv?.extentCount ?? 0} extents of ${on}`,
        })
      }
      return { pv: pv.id, pvOffsetBytes: pv.firstExtentBytes + startExtent * extentBytes }
    }),
  }
}

function pieceOf(segment: VolumeSegment, name: string, sources: ReadonlyMap<string, ByteSource>): Piece {
  const { lengthBytes, stripes, stripeBytes } = segment
  const columns = stripes.map(({ pv, pvOffsetBytes }) => {
    const source = sources.get(pv)
    if (source === undefined) throw new TypeError(`${name}: physical volume ${pv} is missing`)
    return windowOf(source, pvOffsetBytes, lengthBytes / stripes.length, source.name)
  })
  const [only] = columns
  if (only === undefined) return { lengthBytes, hole: 'zero' }
  const source = columns.length === 1 ? only : striped(columns, stripeBytes, name)
  return { lengthBytes, source, sourceOffsetBytes: 0 }
}
