import { spawnSync } from 'node:child_process'
import { closeSync, openSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { INACTIVE, lvmTools } from '../../../scripts/fixtures/lvm-tools.ts'
import { openLvm2 } from '../../../src/formats/lvm2/index.ts'
import type { VolumeGroup } from '../../../src/formats/lvm2/index.ts'
import { fileSource } from '../partition-table/file-source.ts'
import { Random } from '../random.ts'
import { run } from '../run.ts'
import { differencesOf } from '../target.ts'
import type { DifferentialTarget } from '../target.ts'
import { drawGroup } from './draw-changes.ts'

/** Groups that LVM's own tools make and change, against what vgs, lvs and pvs say of them. Needs root, for loop devices. */
export const lvm2: DifferentialTarget = {
  name: 'lvm2',
  lacks() {
    if (process.getuid?.() !== 0) return 'it needs root, for loop devices'
    const missing = ['lvm', 'losetup'].filter(
      (name) => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name]).status !== 0,
    )
    return missing.length === 0 ? undefined : `${missing.join(', ')} is not installed`
  },
  async compare(seed, directory) {
    const { devices, extent, changes } = drawGroup(new Random(seed))
    const paths = devices.map(({ mib }, index) => {
      const path = join(directory, `pv-${index}`)
      writeFileSync(path, '')
      truncateSync(path, mib * 1024 * 1024)
      return path
    })
    const loops: string[] = []
    const done: string[] = []
    const lvm = lvmTools(directory)
    let theirs: Told
    try {
      for (const path of paths) loops.push(run('losetup', ['--find', '--show', path]).trim())
      for (const [index, { options }] of devices.entries()) {
        lvm(loops, 'pvcreate', ...options, loops[index] ?? '')
      }
      lvm(loops, 'vgcreate', '--physicalextentsize', extent, 'vg', ...loops)
      for (const [command, ...args] of changes) {
        const words = args.map((word) =>
          word.replace(/^@(\d)$/, (_, index: string) => loops[Number(index)] ?? ''),
        )
        try {
          lvm(loops, command, ...(command === 'lvcreate' ? INACTIVE : []), ...words)
          done.push([command, ...args].join(' '))
        } catch {
          // It did not fit: the group is as it was.
        }
      }
      lvm(loops, 'vgck', 'vg')
      theirs = toldByLvm((command, ...args) => lvm(loops, command, ...args))
    } finally {
      for (const loop of loops) run('losetup', ['--detach', loop])
    }
    const descriptors = paths.map((path) => openSync(path, 'r'))
    try {
      const sources = descriptors.map((descriptor, index) =>
        fileSource(descriptor, (devices[index]?.mib ?? 0) * 1024 * 1024),
      )
      const { groups, warnings } = await openLvm2(sources)
      const [group] = groups
      const ours = group === undefined ? { group: [], volumes: [], segments: [], free: [] } : toldByUs(group)
      return {
        made: `${devices.map(({ mib, options }) => `${mib}M ${options.join(' ')}`).join(', ')}; extents of ${extent}; ${done.join('; ')}`,
        nodes: theirs.segments.length,
        differences: [
          ...(groups.length === 1 ? [] : [`${groups.length} groups`]),
          ...differencesOf(ours.group, theirs.group, 'group'),
          ...differencesOf(ours.volumes, theirs.volumes, 'volumes'),
          ...differencesOf(ours.segments, theirs.segments, 'segments'),
          ...differencesOf(ours.free, theirs.free, 'free'),
          ...warnings.map(({ message }) => `warning: ${message}`),
        ],
      }
    } finally {
      for (const descriptor of descriptors) closeSync(descriptor)
    }
  },
}

type Row = readonly (string | number)[]

type Told = Readonly<{
  /** Name, id, number of changes, bytes of an extent. */
  group: readonly Row[]
  /** Name, id, bytes. */
  volumes: readonly Row[]
  /** Volume, where it begins in it, its length; bytes of a stripe; then device and place of each stripe. In bytes. */
  segments: readonly Row[]
  /** Device and bytes. */
  free: readonly Row[]
}>

function toldByUs({ name, id, seqno, extentBytes, logicalVolumes, physicalVolumes }: VolumeGroup): Told {
  return {
    group: [[name, id, seqno, extentBytes]],
    volumes: logicalVolumes.map((one) => [one.name, one.id, one.sizeBytes]),
    segments: logicalVolumes.flatMap((one) =>
      one.segments.map((segment): Row => [
        one.name,
        segment.volumeOffsetBytes,
        segment.lengthBytes,
        segment.stripeBytes,
        ...segment.stripes.flatMap(({ pv, pvOffsetBytes }) => [pv, pvOffsetBytes]),
      ]),
    ),
    free: physicalVolumes.map((pv) => [
      pv.id,
      pv.ranges.reduce((sum, { use, lengthBytes }) => sum + (use === 'free' ? lengthBytes : 0), 0),
    ]),
  }
}

function toldByLvm(ask: (command: string, ...args: readonly string[]) => string): Told {
  const rows = (command: string, columns: string, ...more: readonly string[]): Record<string, string>[] => {
    const text = ask(command, '--reportformat', 'json', '--units', 'b', '--nosuffix', ...more, '-o', columns)
    const { report } = JSON.parse(text) as { report: readonly object[] }
    return Object.values(report[0] ?? {})[0] as Record<string, string>[]
  }
  const groups = rows('vgs', 'vg_name,vg_uuid,vg_seqno,vg_extent_size')
  const extentBytes = Number(groups[0]?.['vg_extent_size'])
  const devices = rows('pvs', 'pv_name,pv_uuid,pe_start,pv_free')
  const placeOf = (range: string): Row => {
    const [, name, first] = /^(.*):(\d+)-\d+$/.exec(range) ?? []
    const device = devices.find(({ pv_name }) => pv_name === name)
    return [device?.['pv_uuid'] ?? '', Number(device?.['pe_start']) + Number(first) * extentBytes]
  }
  return {
    group: groups.map((one) => [
      one['vg_name'] ?? '',
      one['vg_uuid'] ?? '',
      Number(one['vg_seqno']),
      extentBytes,
    ]),
    volumes: rows('lvs', 'lv_name,lv_uuid,lv_size').map((one) => [
      one['lv_name'] ?? '',
      one['lv_uuid'] ?? '',
      Number(one['lv_size']),
    ]),
    segments: rows('lvs', 'lv_name,seg_start_pe,seg_size_pe,stripe_size,seg_pe_ranges', '--segments').map(
      (one) => [
        one['lv_name'] ?? '',
        Number(one['seg_start_pe']) * extentBytes,
        Number(one['seg_size_pe']) * extentBytes,
        Number(one['stripe_size']),
        ...(one['seg_pe_ranges'] ?? '').split(' ').flatMap(placeOf),
      ],
    ),
    free: devices.map((one) => [one['pv_uuid'] ?? '', Number(one['pv_free'])]),
  }
}
