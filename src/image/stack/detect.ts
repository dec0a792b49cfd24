import { windowOf } from '../../bytes/index.ts'
import type { ByteSource, ReaderWarning } from '../../bytes/index.ts'
import { EXIT, isAnnealError } from '../../core/index.ts'
import type { BootImage } from '../../formats/filesystem/index.ts'
import type { Mirror } from '../../formats/mdraid/index.ts'
import type { Partition } from '../../formats/partition-table/index.ts'
import type { Content, Refusal, StackNode } from './node.ts'
import type { MappedGroup, MappedVolume, Readers } from './readers.ts'
import { warning } from './findings.ts'
import { withSectorWarnings } from './sector-size.ts'

/** Tables within partitions within volumes: nobody nests deeper, and a hostile image shall not. */
const MOST_LEVELS = 4
/** Far more than any disk has; a table can claim thousands, and each would be opened. */
const MOST_NODES = 512

/**
 * What is on a disk, from its partition table down to its file systems. What is recognised and cannot be read is a node
 * with the refusal as its content; only what keeps the disk's own bytes from being read throws. As a disc, the source is
 * one file system (ISO 9660) and the images that firmware starts from it, whatever partition table is there as well.
 */
export async function detectStack(
  source: ByteSource,
  readers: Readers,
  options: Readonly<{ signal?: AbortSignal; view?: 'disk' | 'disc'; through?: Through }> = {},
): Promise<StackNode> {
  const detection = new Detection(readers, options)
  return options.view === 'disc' ? detection.disc(source) : detection.disk(source)
}

/** What is read instead of the bytes of the partition or logical volume at an address; undefined where it is these. */
export type Through = (
  address: string,
  source: ByteSource,
) => Readonly<{ source: ByteSource; warnings: readonly ReaderWarning[] }> | undefined

const PLATFORM_NAMES = { bios: 'BIOS', uefi: 'UEFI', other: 'other firmware' } as const

type Place = Readonly<{ source: ByteSource; address: string; level: number }>
type Inside = Readonly<{
  content: Content
  children: readonly StackNode[]
  warnings: readonly ReaderWarning[]
}>

/** Lives as long as one detection: it counts nodes, and gathers physical volumes until all of a level are known. */
class Detection {
  readonly #readers: Readers
  readonly #signal: AbortSignal | undefined
  readonly #through: Through
  #left = MOST_NODES

  constructor(readers: Readers, { signal, through }: Readonly<{ signal?: AbortSignal; through?: Through }>) {
    this.#readers = readers
    this.#signal = signal
    this.#through = through ?? (() => undefined)
  }

  async disk(source: ByteSource): Promise<StackNode> {
    const inside = await this.#inside({ source, address: '', level: 0 })
    const disk = {
      address: '',
      role: 'disk',
      name: source.name,
      sizeBytes: source.size,
      source,
      ...inside,
    } as const
    const all = await this.#withMirrors([disk, ...inside.children], 0)
    const [named = disk, ...children] = await this.#withVolumeGroups(all, 0)
    return withSectorWarnings({ ...named, children })
  }

  async disc(source: ByteSource): Promise<StackNode> {
    const content = await this.#discContent(source)
    const images = content.kind === 'file system' ? (content.fileSystem.bootImages ?? []) : []
    const { taken, warnings } = this.#take(images)
    const found = await this.#readers.recognise(source, this.#signal)
    const hybrid =
      found?.kind === 'partition table'
        ? [warning('DISC_HYBRID', `"${source.name}" has a partition table as well`)]
        : []
    return {
      address: '',
      role: 'disk',
      name: source.name,
      sizeBytes: source.size,
      source,
      content,
      children: await Promise.all(taken.map((image, index) => this.#bootImage(source, image, index + 1))),
      warnings: [
        ...(content.kind === 'file system' ? content.fileSystem.warnings : []),
        ...hybrid,
        ...warnings,
      ],
    }
  }

  async #discContent(source: ByteSource): Promise<Content> {
    try {
      const fileSystem = await this.#readers.openFileSystem(source, 'iso9660', this.#signal)
      return { kind: 'file system', fileSystem }
    } catch (error) {
      return { kind: 'unreadable', type: 'iso9660', label: '', uuid: '', refusal: refusalOf(error) }
    }
  }

  async #bootImage(disc: ByteSource, image: BootImage, number: number): Promise<StackNode> {
    const address = `et${number}`
    const name = `boot image ${number} (${PLATFORM_NAMES[image.platform]})`
    const source = windowOf(disc, image.offsetBytes, image.lengthBytes, `${name} of "${disc.name}"`)
    const inside = await this.#inside({ source, address, level: MOST_LEVELS })
    return { address, role: 'boot image', name, sizeBytes: image.lengthBytes, source, ...inside }
  }

  async #inside(place: Place): Promise<Inside> {
    this.#signal?.throwIfAborted()
    const { source, level } = place
    let type = 'unknown'
    try {
      const found = await this.#readers.recognise(source, this.#signal)
      switch (found?.kind) {
        case undefined:
          return leaf({ kind: 'unknown' })
        case 'partition table':
          type = 'partition table'
          return level < MOST_LEVELS ? await this.#partitions(place) : leaf({ kind: 'unknown' })
        case 'file system': {
          type = found.type
          const fileSystem = await this.#readers.openFileSystem(source, found.type, this.#signal)
          return { ...leaf({ kind: 'file system', fileSystem }), warnings: fileSystem.warnings }
        }
        case 'physical volume':
          // Which group it is in is filled in when all physical volumes of the disk are known.
          return leaf({ kind: 'physical volume', volumeGroup: '', uuid: '', ranges: [] })
        case 'raid member':
          // Which mirror it is in is filled in when all members of the disk are known.
          return leaf({ kind: 'mirror member', mirror: '', uuid: found.uuid })
        case 'swap':
        case 'unreadable':
          return leaf(found)
      }
    } catch (error) {
      return leaf({ kind: 'unreadable', type, label: '', uuid: '', refusal: refusalOf(error) })
    }
  }

  async #partitions({ source, address, level }: Place): Promise<Inside> {
    const table = await this.#readers.openPartitionTable(source, this.#signal)
    const { taken, warnings } = this.#take(table.partitions)
    // Side by side: over a network every one of them is a round trip.
    const children = await Promise.all(taken.map((partition) => this.#partition(partition, address, level)))
    return {
      content: { kind: 'partition table', table },
      children,
      warnings: [...table.warnings, ...warnings],
    }
  }

  async #partition(partition: Partition, parent: string, level: number): Promise<StackNode> {
    const { number, lengthBytes } = partition
    const address = joinAddress(parent, `p${number}`)
    const inside = await this.#seen({ source: partition.source, address, level: level + 1 })
    return {
      address,
      role: 'partition',
      name: `partition ${number}`,
      sizeBytes: lengthBytes,
      partition,
      ...inside,
    }
  }

  /** These nodes, and the mirrors of the members among them as further nodes. */
  async #withMirrors(nodes: readonly StackNode[], level: number): Promise<readonly StackNode[]> {
    const members = nodes.flatMap(({ address, source, content }) =>
      content.kind === 'mirror member' && source !== undefined ? [{ address, source }] : [],
    )
    if (members.length === 0) return nodes
    const sources = members.map(({ source }) => source)
    const { mirrors, refused } = await this.#readers.openMirrors(sources, this.#signal)
    const named = namesOf(mirrors)
    const { taken, warnings } = this.#take(mirrors)
    const told = nodes.map((node) => {
      const index = members.findIndex(({ address }) => address === node.address)
      if (index === -1 || node.content.kind !== 'mirror member') return node
      const { uuid } = node.content
      const refusal = refused.get(index)
      if (refusal !== undefined)
        return {
          ...node,
          content: { kind: 'unreadable', type: 'linux_raid_member', label: '', uuid, refusal },
        } as const
      const mirror = mirrors.find((one) => one.members.includes(index))
      return { ...node, content: { ...node.content, mirror: (mirror && named.get(mirror)) ?? '' } }
    })
    const opened = await Promise.all(
      taken.map((mirror) =>
        this.#mirror(mirror, named.get(mirror) ?? '', members[mirror.index]?.address ?? '', level),
      ),
    )
    const [first, ...others] = opened
    return first === undefined
      ? told
      : [...told, { ...first, warnings: [...first.warnings, ...warnings] }, ...others]
  }

  async #mirror(
    { name, source: from, offsetBytes, warnings }: Mirror,
    address: string,
    member: string,
    level: number,
  ): Promise<StackNode> {
    const { source, ...inside } = await this.#seen({ source: from, address, level: level + 1 })
    return {
      address,
      role: 'mirror',
      name,
      sizeBytes: source.size,
      source,
      readFrom: { address: member, offsetBytes },
      ...inside,
      warnings: [...warnings, ...inside.warnings],
    }
  }

  /** These nodes, and the groups of the physical volumes among them as further nodes. */
  async #withVolumeGroups(nodes: readonly StackNode[], level: number): Promise<readonly StackNode[]> {
    const members = nodes.flatMap(({ address, source, content }) =>
      content.kind === 'physical volume' && source !== undefined ? [{ address, source }] : [],
    )
    if (members.length === 0) return nodes
    let groups: readonly MappedGroup[]
    try {
      groups = await this.#readers.openVolumeGroups(
        members.map(({ source }) => source),
        this.#signal,
      )
    } catch (error) {
      const refusal = refusalOf(error)
      return nodes.map((node) =>
        node.content.kind === 'physical volume'
          ? { ...node, content: { kind: 'unreadable', type: 'LVM2_member', label: '', uuid: '', refusal } }
          : node,
      )
    }
    const named = nodes.map((node) => nameGroup(node, members, groups))
    return [...named, ...(await Promise.all(groups.map((mapped) => this.#group(mapped, members, level))))]
  }

  async #group(
    mapped: MappedGroup,
    members: readonly Readonly<{ address: string }>[],
    level: number,
  ): Promise<StackNode> {
    const { group } = mapped
    const { taken, warnings } = this.#take(mapped.volumes)
    const children = await Promise.all(taken.map((volume) => this.#volume(volume, group.name, level)))
    return {
      address: group.name,
      role: 'volume group',
      name: group.name,
      sizeBytes: group.sizeBytes,
      content: {
        kind: 'logical volumes',
        group: {
          ...group,
          physicalVolumes: mapped.members.map(({ index }) => members[index]?.address ?? ''),
        },
      },
      children,
      warnings: [...mapped.warnings, ...warnings],
    }
  }

  async #volume(volume: MappedVolume, groupName: string, level: number): Promise<StackNode> {
    const { name, sizeBytes } = volume
    const address = `${groupName}/${name}`
    const common = { address, role: 'logical volume', name, sizeBytes } as const
    if (!('source' in volume)) {
      const { type, refusal, uuid } = volume
      return { ...common, ...leaf({ kind: 'unreadable', type, label: '', uuid, refusal }) }
    }
    const { source, segments } = volume
    return { ...common, segments, ...(await this.#seen({ source, address, level: level + 1 })) }
  }

  /** What is in a place, read as whoever detects wants it read. */
  async #seen(place: Place): Promise<Inside & Readonly<{ source: ByteSource }>> {
    const { source, warnings } = this.#through(place.address, place.source) ?? { ...place, warnings: [] }
    const inside = await this.#inside({ ...place, source })
    return { ...inside, source, warnings: [...warnings, ...inside.warnings] }
  }

  /** As many of these as may still be opened. */
  #take<T>(all: readonly T[]): Readonly<{ taken: readonly T[]; warnings: readonly ReaderWarning[] }> {
    const taken = all.slice(0, this.#left)
    this.#left -= taken.length
    const leftOut = all.length - taken.length
    return {
      taken,
      warnings: leftOut === 0 ? [] : [warning('STACK_TOO_MANY', `${leftOut} of ${all.length} are left out`)],
    }
  }
}

/** `md/root`; of two of one name, the second is `md/root-2`. */
function namesOf(mirrors: readonly Mirror[]): ReadonlyMap<Mirror, string> {
  const taken = new Map<string, number>()
  return new Map(
    mirrors.map((mirror) => {
      const count = (taken.get(mirror.name) ?? 0) + 1
      taken.set(mirror.name, count)
      return [mirror, `md/${mirror.name}${count === 1 ? '' : `-${count}`}`]
    }),
  )
}

function nameGroup(
  node: StackNode,
  members: readonly Readonly<{ address: string }>[],
  groups: readonly MappedGroup[],
): StackNode {
  if (node.content.kind !== 'physical volume') return node
  for (const { group, members: inside } of groups) {
    const member = inside.find(({ index }) => members[index]?.address === node.address)
    if (member !== undefined) {
      const { uuid, ranges } = member
      return { ...node, content: { kind: 'physical volume', volumeGroup: group.name, uuid, ranges } }
    }
  }
  return node
}

function leaf(content: Content): Inside {
  return { content, children: [], warnings: [] }
}

function joinAddress(parent: string, name: string): string {
  return parent === '' ? name : `${parent}/${name}`
}

/** What its own reader says of it. What is no refusal (a disk or network that fails, a bug) goes on upwards. */
function refusalOf(error: unknown): Refusal {
  if (!isAnnealError(error) || error.exit !== EXIT.refused) throw error
  return { code: error.code, message: error.message, remedy: error.remedy }
}
