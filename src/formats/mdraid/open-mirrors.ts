/**
 * Linux' software RAID (md), of which mirrors are read: superblocks 0.90 (of either byte order), 1.0, 1.1 and 1.2, their checksums
 * verified. Of the members of a mirror that are in the image, the newest is read.
 *
 * Non-goals: every other level, and what makes several of them one (containers of IMSM and DDF). Each is refused by its name.
 *
 * Reference: drivers/md/md.c and include/uapi/linux/raid/md_p.h of Linux, super0.c and super1.c of mdadm 4.2.
 */
import { windowOf } from '../../bytes/index.ts'
import type { ByteSource, ReaderWarning } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import type { AnnealError } from '../../core/index.ts'
import { raise } from './errors.ts'
import { warning } from './findings.ts'
import type { MdMember } from './member.ts'
import { V0_BYTES, offsetOfV0, readV0 } from './version-0.ts'
import { V1_BYTES, offsetsOfV1, readV1 } from './version-1.ts'

/** A mirror, as it would be mounted. */
export type Mirror = Readonly<{
  name: string
  uuid: string
  /** What of the array is in the member that is read. */
  source: ByteSource
  /** Which of the sources given that is, and where in it the content begins. */
  index: number
  offsetBytes: number
  /** All of the sources that are members of it. */
  members: readonly number[]
  warnings: readonly ReaderWarning[]
}>

export type Mirrors = Readonly<{
  mirrors: readonly Mirror[]
  /** Members whose array is not read, by their index. */
  refused: ReadonlyMap<number, AnnealError>
}>

/** The superblock of a member. Throws MD_SUPERBLOCK_DAMAGED. */
async function readMember(source: ByteSource, signal?: AbortSignal): Promise<MdMember> {
  for (const place of offsetsOfV1(source.size)) {
    const block = await source.read(place[1], Math.min(V1_BYTES, source.size - place[1]), signal)
    const member = await readV1(source, place, block, signal)
    if (member !== undefined) return member
  }
  const offset = offsetOfV0(source.size)
  const old = offset === undefined ? undefined : readV0(source, await source.read(offset, V0_BYTES, signal))
  if (old !== undefined) return old
  throw raise('MD_SUPERBLOCK_DAMAGED', {
    source: source.name,
    field: 'the version',
    found: 'of no kind',
    expected: '0.90, 1.0, 1.1 or 1.2',
  })
}

/** The mirrors that these members make up: as many or as few of each as there are. */
export async function openMirrors(
  sources: readonly ByteSource[],
  options: Readonly<{ signal?: AbortSignal }> = {},
): Promise<Mirrors> {
  const refused = new Map<number, AnnealError>()
  const arrays = new Map<string, Numbered[]>()
  for (const [index, source] of sources.entries()) {
    try {
      const member = await readMember(source, options.signal)
      const { level, name: array, arrayUuid } = member
      if (level !== 'raid1') throw raise('MD_LEVEL_UNSUPPORTED', { source: source.name, array, level })
      arrays.set(arrayUuid, [...(arrays.get(arrayUuid) ?? []), { index, member }])
    } catch (error) {
      if (!isAnnealError(error) || error.exit !== MEMBER_EXIT) throw error
      refused.set(index, error)
    }
  }
  const mirrors: Mirror[] = []
  for (const members of arrays.values()) {
    const newest = newestOf(members)
    if (newest === undefined)
      for (const { index, member } of members) {
        const why = 'unusable' in member.place ? member.place.unusable : 'it is none'
        const data = { source: member.source.name, array: member.name, why }
        refused.set(index, raise('MD_MEMBER_UNUSABLE', data))
      }
    else mirrors.push(mirrorOf(newest, members))
  }
  return { mirrors, refused }
}

const MEMBER_EXIT = raise('MD_MEMBER_UNUSABLE', { source: '', array: '', why: '' }).exit

type Numbered = Readonly<{ index: number; member: MdMember }>

function newestOf(members: readonly Numbered[]): Numbered | undefined {
  const usable = members.filter(({ member }) => 'slot' in member.place)
  return usable.toSorted((a, b) => (a.member.events > b.member.events ? -1 : 1))[0]
}

function mirrorOf({ index, member }: Numbered, all: readonly Numbered[]): Mirror {
  const { name, arrayUuid, source, offsetBytes, sizeBytes, memberCount, present, events, version } = member
  const slot = 'slot' in member.place ? member.place.slot : 0
  const array = `"${name}" (${arrayUuid})`
  const missing = Array.from({ length: Math.min(memberCount, 1024) }, (_, one) => one).filter(
    (one) => !present.includes(one),
  )
  const others = all.filter((one) => one.index !== index)
  return {
    name,
    uuid: arrayUuid,
    source: windowOf(source, offsetBytes, sizeBytes, `mirror "${name}"`),
    index,
    offsetBytes,
    members: all.map((one) => one.index),
    warnings: [
      warning(
        'MD_MIRROR_READ',
        `member ${slot} of the ${memberCount} of ${array}, metadata ${version}, is read; ${all.length} of them ${all.length === 1 ? 'is' : 'are'} in the image`,
      ),
      ...others.flatMap(({ member: other }) => staleOf(other, events, array)),
      ...(missing.length === 0
        ? []
        : [warning('MD_MIRROR_DEGRADED', `${array} had no member ${missing.join(', ')} at event ${events}`)]),
      ...(member.isClean
        ? []
        : [warning('MD_MIRROR_UNCLEAN', `${array} was not in sync at event ${events}`)]),
    ],
  }
}

/** Linux takes a member that lags by one event for current: it is written when the others were. */
function staleOf(other: MdMember, events: bigint, array: string): readonly ReaderWarning[] {
  const { source, place } = other
  const why =
    'unusable' in place
      ? place.unusable
      : other.events + 1n < events
        ? `it is at event ${other.events}, and the newest at ${events}`
        : undefined
  return why === undefined ? [] : [warning('MD_MEMBER_STALE', `"${source.name}" of ${array}: ${why}`)]
}
