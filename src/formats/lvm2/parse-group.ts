import { raise } from './errors.ts'
import { SECTOR_BYTES } from './layout.ts'
import { parseText } from './parse-text.ts'
import type { Node, Section } from './parse-text.ts'

/** A volume group as its text describes it. Lengths are in bytes or extents, never in sectors. */
export type GroupText = Readonly<{
  name: string
  id: string
  /** Counts the changes: the copy with the highest one is the newest. */
  seqno: number
  status: readonly string[]
  extentBytes: number
  /** By the name that segments use: `pv0`. */
  physical: ReadonlyMap<string, PhysicalText>
  logical: readonly LogicalText[]
}>

export type PhysicalText = Readonly<{
  id: string
  /** What it was called when the text was written. */
  device: string
  status: readonly string[]
  firstExtentBytes: number
  extentCount: number
}>

export type LogicalText = Readonly<{
  name: string
  id: string
  status: readonly string[]
  segments: readonly SegmentText[]
}>

export type SegmentText = Readonly<{
  startExtent: number
  extentCount: number
  /** `striped`, `thin-pool`, …; without the flags that follow a `+`. */
  type: string
  flags: readonly string[]
  /** Of `striped` only: what each stripe lies on (a physical volume, or another logical one) and from which extent. */
  stripes: readonly Readonly<{ on: string; startExtent: number }>[]
  /** Of one stripe, before the next one takes its turn; 0 where there is only one. */
  stripeBytes: number
  /** `raid1`: of each copy, the volume with its superblock and the one with its data. `mirror`: the data alone. */
  copies: readonly Readonly<{ meta?: string; data: string }>[]
  /** `thin`. `other`: what it takes from outside of its pool, or is being merged into. */
  thin: Readonly<{ pool: string; deviceId: number; other: string | undefined }> | undefined
  /** `thin-pool`. */
  pool: Readonly<{ metadata: string; data: string; chunkBytes: number; transactionId: number }> | undefined
  /** Every name in its values: what it is made of, whatever its type. */
  names: ReadonlySet<string>
  /** `snapshot` only. */
  cowStore: string | undefined
  mergingStore: string | undefined
  origin: string | undefined
}>

/** LVM limits an extent to 4 GiB less one sector. */
const MOST_EXTENT_BYTES = 2 ** 42

/** The text of a metadata area. Throws LVM_TEXT_INVALID, LVM_GROUP_INVALID. */
export function parseGroup(text: Uint8Array, source: string): GroupText {
  const end = text.indexOf(0)
  const root = parseText(new TextDecoder('utf-8').decode(end === -1 ? text : text.subarray(0, end)), source)
  const groups = [...root].filter((entry): entry is [string, Section] => entry[1] instanceof Map)
  const [found] = groups
  const name = found?.[0] ?? ''
  const top = new Fields(name, 'the text', root)
  if (found === undefined || groups.length > 1) throw top.wrong(`describes ${groups.length} groups`)
  // Both stand behind the group: https://man7.org/linux/man-pages/man5/lvm.conf.5.html calls them `contents` and `version`.
  if (root.get('contents') !== 'Text Format Volume Group' || root.get('version') !== 1) {
    throw top.wrong('is of an unknown version')
  }
  const fields = new Fields(name, 'the group', found[1])
  const extentBytes = fields.sectors('extent_size')
  if (extentBytes === 0 || extentBytes > MOST_EXTENT_BYTES)
    throw fields.wrong(`has extents of ${extentBytes} bytes`)
  const format = found[1].get('format')
  if (format !== undefined && format !== 'lvm2') throw fields.wrong(`is of format ${JSON.stringify(format)}`)
  return {
    name,
    id: fields.text('id'),
    seqno: fields.count('seqno'),
    status: fields.texts('status'),
    extentBytes,
    physical: new Map(
      fields.sections('physical_volumes').map(([key, one]) => [key, physicalOf(one, extentBytes)]),
    ),
    logical: fields.sections('logical_volumes').map(([key, one]) => logicalOf(key, one, extentBytes)),
  }
}

function physicalOf(fields: Fields, extentBytes: number): PhysicalText {
  const firstExtentBytes = fields.sectors('pe_start')
  const extentCount = fields.count('pe_count')
  if (!Number.isSafeInteger(firstExtentBytes + extentCount * extentBytes)) {
    throw fields.wrong('is larger than any disk')
  }
  return {
    id: fields.text('id'),
    device: fields.textOr('device', '?'),
    status: fields.texts('status'),
    firstExtentBytes,
    extentCount,
  }
}

function logicalOf(name: string, fields: Fields, extentBytes: number): LogicalText {
  const segments: SegmentText[] = []
  const count = fields.count('segment_count')
  let nextExtent = 0
  for (let number = 1; number <= count; number += 1) {
    const segment = segmentOf(fields.section(`segment${number}`), extentBytes)
    if (segment.startExtent !== nextExtent) {
      throw fields.wrong(`has a segment ${number} from extent ${segment.startExtent}, not from ${nextExtent}`)
    }
    nextExtent += segment.extentCount
    if (!Number.isSafeInteger(nextExtent * extentBytes)) throw fields.wrong('is larger than any disk')
    segments.push(segment)
  }
  return { name, id: fields.text('id'), status: fields.texts('status'), segments }
}

function segmentOf(fields: Fields, extentBytes: number): SegmentText {
  const [type = '', ...flags] = fields.text('type').split('+')
  const extentCount = fields.count('extent_count')
  if (extentCount === 0) throw fields.wrong('has no extents')
  const stripes = type === 'striped' ? stripesOf(fields) : []
  const stripeBytes = stripes.length > 1 ? fields.sectors('stripe_size') : 0
  if (stripes.length > 1) {
    const even = stripeBytes > 0 && extentBytes % stripeBytes === 0 && extentCount % stripes.length === 0
    if (!even) throw fields.wrong(`cannot be parted into ${stripes.length} stripes of ${stripeBytes} bytes`)
  }
  return {
    startExtent: fields.count('start_extent'),
    extentCount,
    type,
    flags,
    stripes,
    stripeBytes,
    copies: copiesOf(type, fields),
    thin:
      type === 'thin'
        ? {
            pool: fields.text('thin_pool'),
            deviceId: fields.count('device_id'),
            other: fields.textIfAny('external_origin') ?? fields.textIfAny('merge'),
          }
        : undefined,
    pool:
      type === 'thin-pool'
        ? {
            metadata: fields.text('metadata'),
            data: fields.text('pool'),
            chunkBytes: fields.sectors('chunk_size'),
            transactionId: fields.count('transaction_id'),
          }
        : undefined,
    names: fields.names(),
    cowStore: fields.textIfAny('cow_store'),
    mergingStore: fields.textIfAny('merging_store'),
    origin: fields.textIfAny('origin'),
  }
}

function stripesOf(fields: Fields): SegmentText['stripes'] {
  const count = fields.count('stripe_count')
  const pairs = fields.list('stripes')
  if (count === 0 || pairs.length !== count * 2)
    throw fields.wrong(`has ${pairs.length / 2} stripes of ${count}`)
  return Array.from({ length: count }, (_, index) => {
    const [on, startExtent] = [pairs[index * 2], pairs[index * 2 + 1]]
    if (typeof on !== 'string' || !isCount(startExtent))
      throw fields.wrong(`has a stripe ${index} on nothing`)
    return { on, startExtent }
  })
}

function copiesOf(type: string, fields: Fields): SegmentText['copies'] {
  if (type !== 'raid1' && type !== 'mirror') return []
  const list = fields.list(type === 'raid1' ? 'raids' : 'mirrors')
  const count = fields.count(type === 'raid1' ? 'device_count' : 'mirror_count')
  if (count === 0 || list.length !== count * 2)
    throw fields.wrong(`has ${list.length / 2} copies of ${count}`)
  return Array.from({ length: count }, (_, index) => {
    const [one, other] = [list[index * 2], list[index * 2 + 1]]
    // A copy that is missing has a name of its own all the same; that of a mirror is followed by an extent, which is 0.
    if (type === 'mirror' && typeof one === 'string' && other === 0) return { data: one }
    if (type === 'raid1' && typeof one === 'string' && typeof other === 'string')
      return { meta: one, data: other }
    throw fields.wrong(`has a copy ${index} on nothing`)
  })
}

function isCount(node: Node | undefined): node is number {
  return typeof node === 'number' && Number.isSafeInteger(node) && node >= 0
}

/** A section whose values have to be of certain types. */
class Fields {
  readonly #group: string
  readonly #where: string
  readonly #section: Section

  constructor(group: string, where: string, section: Section) {
    this.#group = group
    this.#where = where
    this.#section = section
  }

  wrong(problem: string): Error {
    return raise('LVM_GROUP_INVALID', { group: this.#group, where: this.#where, problem })
  }

  count(name: string): number {
    const value = this.#section.get(name)
    if (!isCount(value)) throw this.#unfit(name, 'a count', value)
    return value
  }

  /** A number of sectors, in bytes. */
  sectors(name: string): number {
    const value = this.count(name) * SECTOR_BYTES
    if (!Number.isSafeInteger(value)) throw this.wrong(`says ${name} = ${value / SECTOR_BYTES}`)
    return value
  }

  text(name: string): string {
    const value = this.#section.get(name)
    if (typeof value !== 'string') throw this.#unfit(name, 'a text', value)
    return value
  }

  textOr(name: string, absent: string): string {
    return this.#section.has(name) ? this.text(name) : absent
  }

  textIfAny(name: string): string | undefined {
    return this.#section.has(name) ? this.text(name) : undefined
  }

  list(name: string): readonly (string | number)[] {
    const value = this.#section.get(name)
    if (!Array.isArray(value)) throw this.#unfit(name, 'a list', value)
    return value as readonly (string | number)[]
  }

  texts(name: string): readonly string[] {
    return this.list(name).map(String)
  }

  section(name: string): Fields {
    const value = this.#section.get(name)
    if (!(value instanceof Map)) throw this.#unfit(name, 'a section', value)
    return new Fields(this.#group, `${this.#where === 'the group' ? '' : `${this.#where}/`}${name}`, value)
  }

  /** The sections in a section; none where that is absent: a group may have no logical volumes. */
  sections(name: string): readonly (readonly [string, Fields])[] {
    const value = this.#section.get(name)
    if (value === undefined) return []
    const inside = this.section(name)
    return [...inside.#section.keys()].map((key) => [key, inside.section(key)] as const)
  }

  names(): ReadonlySet<string> {
    return new Set(
      [...this.#section.values()].flat().filter((value): value is string => typeof value === 'string'),
    )
  }

  #unfit(name: string, expected: string, found: Node | undefined): Error {
    const what = found instanceof Map ? 'a section' : JSON.stringify(found)?.slice(0, 40)
    return this.wrong(
      found === undefined ? `has no ${name}` : `says ${name} = ${what}, which is not ${expected}`,
    )
  }
}
