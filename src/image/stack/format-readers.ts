import type { Algorithms, ByteSource } from '../../bytes/index.ts'
import type { FileSystem } from '../../formats/filesystem/index.ts'
import type { PartitionTable } from '../../formats/partition-table/index.ts'
import type { LogicalVolume, VolumeGroup } from '../../formats/lvm2/index.ts'
import { recognise, refusalOf } from '../../formats/recognise/index.ts'
import type { AnnealError } from '../../core/index.ts'
import type { Refusal } from './node.ts'
import type { MappedGroup, MappedVolume, Readers, Recognised } from './readers.ts'

type Options = Readonly<{ signal?: AbortSignal }>

type Open<T> = (source: ByteSource, options: Options) => Promise<T>
type OpenFileSystem = (
  source: ByteSource,
  options: Options & Readonly<{ algorithms: Algorithms }>,
) => Promise<FileSystem>

/** Loaded when there is something to read with them: a start pays for what the image holds, not for what it might. */
const FILE_SYSTEMS: Readonly<Record<string, () => Promise<OpenFileSystem>>> = {
  btrfs: async () => (await import('../../formats/btrfs/index.ts')).openBtrfs,
  erofs: async () => (await import('../../formats/erofs/index.ts')).openErofs,
  ext4: async () => (await import('../../formats/ext4/index.ts')).openExt4,
  squashfs: async () => (await import('../../formats/squashfs/index.ts')).openSquashfs,
  xfs: async () => (await import('../../formats/xfs/index.ts')).openXfs,
  iso9660: async () => (await import('../../formats/iso9660/index.ts')).openIso9660,
  vfat: async () => (await import('../../formats/fat/index.ts')).openFat,
}
const openGpt = async (): Promise<Open<PartitionTable>> =>
  (await import('../../formats/gpt/index.ts')).openGpt
const openMbr = async (): Promise<Open<PartitionTable>> =>
  (await import('../../formats/mbr/index.ts')).openMbr

/** The readers of src/formats. `algorithms` are what some of them decompress and verify with. */
export function formatReaders(algorithms: Algorithms): Readers {
  return {
    ...SIGNATURES_AND_TABLES,
    async openFileSystem(source, type, signal) {
      const load = FILE_SYSTEMS[type]
      if (load === undefined) throw refusalOf(source, await recognise(source, signal))
      const open = await load()
      return open(source, { ...optionsOf(signal), algorithms })
    },
    async openComposefs(image, objects, signal) {
      const { openErofs } = await import('../../formats/erofs/index.ts')
      const { openComposefs } = await import('../../formats/composefs/index.ts')
      const metadata = await openErofs(image, { ...optionsOf(signal), algorithms })
      return openComposefs(metadata, { name: image.name, objects, algorithms })
    },
    async measureFsVerity(source, hash, signal) {
      const { measureFsVerity } = await import('../../formats/fsverity/index.ts')
      return measureFsVerity(source, hash, algorithms, signal)
    },
    async openGrubCore(disk, signal) {
      const { openGrubCore } = await import('../../formats/grub/index.ts')
      return openGrubCore(disk, algorithms, signal)
    },
    async openVerityTree(source, offsetBytes, signal) {
      const { openVerityTree } = await import('../../formats/dmverity/index.ts')
      return openVerityTree(source, { algorithms, offsetBytes, ...optionsOf(signal) })
    },
  }
}

const SIGNATURES_AND_TABLES: Omit<
  Readers,
  'openFileSystem' | 'openGrubCore' | 'openComposefs' | 'measureFsVerity' | 'openVerityTree'
> = {
  async recognise(source, signal): Promise<Recognised | undefined> {
    const found = await recognise(source, signal)
    if (found === undefined) return undefined
    const { type, family, isRead, label, uuid } = found
    if (isRead && family === 'partition table') return { kind: 'partition table' }
    if (isRead && family === 'physical volume') return { kind: 'physical volume' }
    if (isRead && type === 'linux_raid_member') return { kind: 'raid member', type, label, uuid }
    if (isRead && family === 'file system') return { kind: 'file system', type }
    if (family === 'swap') return { kind: 'swap', label, uuid }
    return { kind: 'unreadable', type, label, uuid, refusal: asData(refusalOf(source, found)) }
  },

  async openPartitionTable(source, signal) {
    const found = await recognise(source, signal)
    const open = await (found?.type === 'gpt' ? openGpt() : openMbr())
    return open(source, optionsOf(signal))
  },

  async openMirrors(sources, signal) {
    const { openMirrors } = await import('../../formats/mdraid/index.ts')
    const { mirrors, refused } = await openMirrors(sources, optionsOf(signal))
    return { mirrors, refused: new Map([...refused].map(([index, error]) => [index, asData(error)])) }
  },

  async openVolumeGroups(sources, signal) {
    const { openLvm2 } = await import('../../formats/lvm2/index.ts')
    const { groups, warnings } = await openLvm2(sources, optionsOf(signal))
    return groups.map((group, index) => mappedGroup(group, sources, index === 0 ? warnings : []))
  },
}

function optionsOf(signal: AbortSignal | undefined): Options {
  return signal === undefined ? {} : { signal }
}

function mappedGroup(
  group: VolumeGroup,
  sources: readonly ByteSource[],
  warnings: MappedGroup['warnings'],
): MappedGroup {
  const { name, id, extentBytes } = group
  const ranges = group.physicalVolumes.flatMap((pv) => pv.ranges)
  const bytesOf = (wanted: typeof ranges): number =>
    wanted.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0)
  return {
    group: {
      name,
      uuid: id,
      extentSizeBytes: extentBytes,
      sizeBytes: bytesOf(ranges.filter(({ use }) => use !== 'metadata')),
      freeBytes: bytesOf(ranges.filter(({ use }) => use === 'free')),
    },
    members: group.physicalVolumes.flatMap(({ id: uuid, source, ranges: own }) => {
      const index = source === undefined ? -1 : sources.indexOf(source)
      return index === -1 ? [] : [{ index, uuid, ranges: own }]
    }),
    volumes: group.logicalVolumes.filter(({ visible }) => visible).map(mappedVolume),
    warnings,
  }
}

function mappedVolume({ name, id, sizeBytes, types, segments, content }: LogicalVolume): MappedVolume {
  const volume = { name, uuid: id, sizeBytes }
  if ('source' in content) return { ...volume, source: content.source, segments }
  return { ...volume, type: `LVM2 ${types.join(', ')}`, refusal: asData(content.refusal) }
}

function asData(error: AnnealError): Refusal {
  return { code: error.code, message: error.message, remedy: error.remedy }
}
