import { zeros } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { EXIT, errorsOf } from '../../core/index.ts'
import type { FileSystem } from '../../formats/filesystem/index.ts'
import type { Partition } from '../../formats/partition-table/index.ts'
import type { MappedGroup, Readers, Recognised } from '../stack/index.ts'

/** What a test says that a partition or volume holds. */
export type Described =
  | Readonly<{ fileSystem: FileSystem }>
  | Readonly<{ physicalVolume: string }>
  | Readonly<{ swap: string }>
  | Readonly<{ unreadable: string }>
  | Readonly<{ damaged: string }>
  | Readonly<{ nothing: true }>

export type DescribedPartition = Described &
  Partial<Pick<Partition, 'type' | 'typeName' | 'label' | 'partUuid' | 'typeAttributes'>>

export type DescribedDisk = Readonly<{
  scheme?: 'mbr' | 'gpt'
  sectorSizeBytes?: 512 | 4096
  partitions: readonly DescribedPartition[]
  /** What the boot sector loads. */
  grubCore?: Uint8Array
  /** Volumes of each group, by name. */
  groups?: Readonly<Record<string, Readonly<Record<string, Described>>>>
}>

const raise = errorsOf({
  DESCRIBED_UNSUPPORTED: {
    message: 'Cannot read "{type}": it is not read',
    remedy: 'none',
    retry: false,
    exit: EXIT.refused,
  },
  DESCRIBED_DAMAGED: {
    message: 'Cannot read it: {reason}',
    remedy: 'none',
    retry: false,
    exit: EXIT.refused,
  },
})

const SIZE_BYTES = 1 << 20

/** A disk that has no bytes: readers that answer what the description says, for `detectStack`. */
export function describedDisk(disk: DescribedDisk): Readonly<{ source: ByteSource; readers: Readers }> {
  const held = new Map<ByteSource, Described>()
  const hold = (described: Described, name: string): ByteSource => {
    const source = zeros(SIZE_BYTES, name)
    held.set(source, described)
    return source
  }
  const partitions = disk.partitions.map((one, index): Partition => ({
    number: index + 1,
    offsetBytes: (index + 1) * SIZE_BYTES,
    lengthBytes: SIZE_BYTES,
    type: one.type ?? '0x83',
    typeName: one.typeName ?? 'Linux',
    label: one.label ?? '',
    partUuid: one.partUuid ?? `066c9073-0${index + 1}`,
    bootable: false,
    flags: [],
    ...(one.typeAttributes !== undefined && { typeAttributes: one.typeAttributes }),
    source: hold(one, `partition ${index + 1}`),
  }))
  const source = zeros((partitions.length + 1) * SIZE_BYTES, 'disk')
  return {
    source,
    readers: {
      async recognise(asked) {
        const described = held.get(asked)
        if (asked === source) return { kind: 'partition table' }
        return described === undefined ? undefined : recognisedAs(described)
      },
      async openPartitionTable() {
        return {
          scheme: disk.scheme ?? 'mbr',
          id: '066c9073',
          sectorSizeBytes: disk.sectorSizeBytes ?? 512,
          partitions,
          warnings: [],
        }
      },
      async openFileSystem(asked) {
        const described = held.get(asked)
        if (described !== undefined && 'fileSystem' in described) return described.fileSystem
        throw raise('DESCRIBED_DAMAGED', {
          reason: described !== undefined && 'damaged' in described ? described.damaged : '?',
        })
      },
      async openComposefs() {
        throw raise('DESCRIBED_UNSUPPORTED', { type: 'composefs' })
      },
      async measureFsVerity() {
        throw raise('DESCRIBED_UNSUPPORTED', { type: 'composefs' })
      },
      async openGrubCore(asked) {
        return asked === source ? disk.grubCore : undefined
      },
      async openVerityTree() {
        throw raise('DESCRIBED_UNSUPPORTED', { type: 'DM_verity_hash' })
      },
      async openMirrors() {
        return { mirrors: [], refused: new Map() }
      },
      async openVolumeGroups(sources) {
        return Object.entries(disk.groups ?? {}).map(([name, volumes]): MappedGroup => ({
          group: { name, uuid: `group-${name}`, extentSizeBytes: 4096, sizeBytes: SIZE_BYTES, freeBytes: 0 },
          members: sources.flatMap((one, index) => {
            const described = held.get(one)
            return described !== undefined &&
              'physicalVolume' in described &&
              described.physicalVolume === name
              ? [{ index, uuid: `pv-${index}`, ranges: [] }]
              : []
          }),
          volumes: Object.entries(volumes).map(([volume, described]) => ({
            name: volume,
            uuid: `volume-${volume}`,
            sizeBytes: SIZE_BYTES,
            ...('unreadable' in described
              ? { type: described.unreadable, refusal: refusal(described.unreadable) }
              : { source: hold(described, `${name}/${volume}`), segments: [] }),
          })),
          warnings: [],
        }))
      },
    },
  }
}

function recognisedAs(described: Described): Recognised | undefined {
  if ('fileSystem' in described || 'damaged' in described)
    return { kind: 'file system', type: 'fileSystem' in described ? described.fileSystem.facts.type : 'ext4' }
  if ('physicalVolume' in described) return { kind: 'physical volume' }
  if ('swap' in described) return { kind: 'swap', label: '', uuid: described.swap }
  if ('unreadable' in described) {
    const type = described.unreadable
    return { kind: 'unreadable', type, label: '', uuid: '', refusal: refusal(type) }
  }
  return undefined
}

function refusal(type: string) {
  const error = raise('DESCRIBED_UNSUPPORTED', { type })
  return { code: error.code, message: error.message, remedy: error.remedy }
}
