import type { ByteSource, ReaderWarning } from '../../bytes/index.ts'
import { windowOf } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import type { AnnealError } from '../../core/index.ts'
import { chooseCopy } from './choose-copy.ts'
import { raise } from './errors.ts'
import type { GroupText, LogicalText, SegmentText } from './parse-group.ts'
import { openThinVolume } from './thin-volume.ts'
import type { LogicalVolume, VolumeGroup } from './volume-group.ts'

type Read = Readonly<{ source: ByteSource; warnings: readonly ReaderWarning[] }>

/** A volume in a volume in a volume: a thin one, its pool, and the copies of that. */
const MOST_LEVELS = 4

/** The group, in which volumes that lie in other volumes are read: raid1, mirror, thin. Those that cannot be keep a refusal. */
export async function withDerived(
  group: VolumeGroup,
  text: GroupText,
  signal?: AbortSignal,
): Promise<VolumeGroup> {
  const derived = new Derived(group, text, signal)
  const warnings: ReaderWarning[] = []
  const logicalVolumes: LogicalVolume[] = []
  for (const volume of group.logicalVolumes) {
    if (!derived.has(volume)) {
      logicalVolumes.push(volume)
      continue
    }
    try {
      const read = await derived.read(volume.name, MOST_LEVELS)
      warnings.push(...read.warnings)
      logicalVolumes.push({ ...volume, content: { source: read.source } })
    } catch (error) {
      logicalVolumes.push({ ...volume, content: { refusal: refusalOf(error) } })
    }
  }
  return { ...group, logicalVolumes, warnings: [...group.warnings, ...warnings] }
}

class Derived {
  readonly #group: VolumeGroup
  readonly #byName: ReadonlyMap<string, LogicalText>
  readonly #signal: AbortSignal | undefined

  constructor(group: VolumeGroup, text: GroupText, signal: AbortSignal | undefined) {
    this.#group = group
    this.#byName = new Map(text.logical.map((one) => [one.name, one]))
    this.#signal = signal
  }

  has({ name, types }: LogicalVolume): boolean {
    const segment = this.#onlySegment(name)
    // A snapshot’s origin that is being merged has a type of its own, whatever its segments are.
    return segment !== undefined && types.includes(segment.type) && isDerived(segment)
  }

  async read(name: string, levels: number): Promise<Read> {
    const found = this.#group.logicalVolumes.find((one) => one.name === name)
    const segment = this.#onlySegment(name)
    if (found === undefined || levels === 0)
      throw raise('LVM_GROUP_INVALID', { group: this.#group.name, where: name, problem: 'leads nowhere' })
    const volume = `${this.#group.name}/${name}`
    if (segment === undefined || !this.has(found)) {
      if ('refusal' in found.content) throw found.content.refusal
      return { source: found.content.source, warnings: [] }
    }
    if (segment.thin !== undefined) return this.#thin(found, segment.thin, levels - 1)
    const copies = await Promise.all(
      segment.copies.map(async ({ meta, data }) => ({
        ...(meta !== undefined && { meta: await this.#copy(meta, levels - 1) }),
        data: await this.#copy(data, levels - 1),
      })),
    )
    const { source, warnings } = await chooseCopy({ volume, copies, signal: this.#signal })
    if (source.size < found.sizeBytes)
      throw raise('LVM_GROUP_INVALID', {
        group: this.#group.name,
        where: name,
        problem: 'is larger than its copies',
      })
    return { source: windowOf(source, 0, found.sizeBytes, `logical volume ${volume}`), warnings }
  }

  async #thin(
    { name, sizeBytes }: LogicalVolume,
    thin: NonNullable<SegmentText['thin']>,
    levels: number,
  ): Promise<Read> {
    const volume = `${this.#group.name}/${name}`
    const pool = this.#onlySegment(thin.pool)?.pool
    if (pool === undefined)
      throw raise('LVM_THIN_DAMAGED', { volume, pool: thin.pool, reason: 'are nowhere: it is no pool' })
    const metadata = await this.read(pool.metadata, levels)
    const data = await this.read(pool.data, levels)
    const source = await openThinVolume({
      volume,
      sizeBytes,
      deviceId: thin.deviceId,
      pool: { ...pool, name: thin.pool, metadata: metadata.source, data: data.source },
      signal: this.#signal,
    })
    return { source, warnings: [...metadata.warnings, ...data.warnings] }
  }

  async #copy(name: string, levels: number): Promise<ByteSource | AnnealError> {
    try {
      return (await this.read(name, levels)).source
    } catch (error) {
      return refusalOf(error)
    }
  }

  /** These types have one segment, which is all of the volume. */
  #onlySegment(name: string): SegmentText | undefined {
    const segments = this.#byName.get(name)?.segments ?? []
    return segments.length === 1 ? segments[0] : undefined
  }
}

/** Flags behind a type, an origin outside of the pool and a merge are features that are not read. */
function isDerived({ flags, copies, thin }: SegmentText): boolean {
  if (flags.length > 0) return false
  return copies.length > 0 || (thin !== undefined && thin.other === undefined)
}

function refusalOf(error: unknown): AnnealError {
  if (!isAnnealError(error)) throw error
  return error
}
