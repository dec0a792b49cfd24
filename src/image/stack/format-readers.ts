import type { ByteSource } from '../../bytes/index.ts'
import { openExt4, probeExt4 } from '../../formats/ext4/index.ts'
import { openGpt, probeGpt } from '../../formats/gpt/index.ts'
import { openLvm2, probeLvm2 } from '../../formats/lvm2/index.ts'
import type { LogicalVolume, VolumeGroup } from '../../formats/lvm2/index.ts'
import { openMbr, probeMbr } from '../../formats/mbr/index.ts'
import { openXfs, probeXfs } from '../../formats/xfs/index.ts'
import type { MappedGroup, MappedVolume, Readers } from './readers.ts'

/** The readers of src/formats. */
export const FORMAT_READERS: Readers = {
  async recognise(source) {
    if ((await probeXfs(source)) || (await probeExt4(source))) return { kind: 'file system' }
    if (await probeLvm2(source)) return { kind: 'physical volume' }
    if ((await probeGpt(source)) || (await probeMbr(source))) return { kind: 'partition table' }
    return undefined
  },
  async openPartitionTable(source, signal) {
    const options = signal === undefined ? {} : { signal }
    return (await probeGpt(source)) ? openGpt(source, options) : openMbr(source, options)
  },
  async openFileSystem(source, signal) {
    const options = signal === undefined ? {} : { signal }
    return (await probeXfs(source)) ? openXfs(source, options) : openExt4(source, options)
  },
  async openVolumeGroups(sources, signal) {
    const { groups, warnings } = await openLvm2(sources, signal === undefined ? {} : { signal })
    return groups.map((group) => ({ ...mappedGroup(group, sources), warnings }))
  },
}

function mappedGroup(group: VolumeGroup, sources: readonly ByteSource[]): MappedGroup {
  const ranges = group.physicalVolumes.flatMap((pv) => pv.ranges)
  const freeBytes = sum(ranges.filter(({ use }) => use === 'free'))
  return {
    group: {
      name: group.name,
      uuid: group.id,
      extentSizeBytes: group.extentBytes,
      sizeBytes: sum(ranges.filter(({ use }) => use !== 'metadata')),
      freeBytes,
    },
    members: group.physicalVolumes.flatMap(({ id, source, ranges: own }) =>
      source === undefined ? [] : [{ index: sources.indexOf(source), uuid: id, ranges: own }],
    ),
    volumes: group.logicalVolumes.filter(({ visible }) => visible).map(mappedVolume),
    warnings: [],
  }
}

function mappedVolume({ name, id, sizeBytes, types, segments, content }: LogicalVolume): MappedVolume {
  const common = { name, uuid: id, sizeBytes }
  if ('source' in content) return { ...common, source: content.source, segments }
  const { refusal } = content
  const { message, remedy } = refusal
  return { ...common, type: types.join(', '), refusal: { code: refusal.code, message, remedy } }
}

function sum(ranges: readonly Readonly<{ lengthBytes: number }>[]): number {
  return ranges.reduce((total, { lengthBytes }) => total + lengthBytes, 0)
}
