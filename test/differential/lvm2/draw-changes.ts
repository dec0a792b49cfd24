import type { Random } from '../random.ts'

/** One command of LVM: `vg` stands for the group, `@0` to `@3` for its devices. */
export type Change = readonly [command: string, ...args: readonly string[]]

export type DrawnGroup = Readonly<{
  devices: readonly Readonly<{ mib: number; options: readonly string[] }>[]
  extent: string
  /** Those that do not fit are refused by LVM, and leave the group as it was. */
  changes: readonly Change[]
}>

const NAMES = ['root', 'a-b', 'data', 'swap', 'x.y', 'home'] as const

/** Devices, and what happens to their group: volumes that are linear, striped, extended, reduced, renamed, removed. */
export function drawGroup(random: Random): DrawnGroup {
  const count = random.between(1, 4)
  const devices = Array.from({ length: count }, (_, index) => ({
    mib: random.between(6, 24),
    options: [
      // One of them has to have metadata.
      ...(index > 0 && random.chance(30) ? ['--metadatacopies', random.pick(['0', '2'])] : []),
      ...(random.chance(30) ? ['--metadatasize', random.pick(['64k', '300k', '1m'])] : []),
      ...(random.chance(30) ? ['--dataalignment', random.pick(['64k', '512k', '1m'])] : []),
    ],
  }))
  return {
    devices,
    extent: random.pick(['64k', '128k', '256k', '1m']),
    changes: Array.from({ length: random.between(6, 20) }, () => drawChange(random, count)),
  }
}

function drawChange(random: Random, devices: number): Change {
  const name = random.pick(NAMES)
  const volume = `vg/${name}`
  const extents = String(random.between(1, 24))
  const on = random.chance(40) ? [`@${random.below(devices)}`] : []
  const stripes = random.between(1, devices)
  const striped = ['-i', String(stripes), ...(stripes > 1 ? ['-I', random.pick(['4k', '16k', '64k'])] : [])]
  switch (random.below(8)) {
    case 0:
    case 1:
      return ['lvcreate', '--extents', extents, '--name', name, 'vg', ...on]
    case 2:
    case 3:
      return ['lvcreate', ...striped, '--extents', extents, '--name', name, 'vg']
    case 4:
      return ['lvextend', '--extents', `+${extents}`, '-i', '1', volume, ...on]
    case 5:
      return ['lvextend', '--extents', `+${extents}`, ...striped, volume]
    case 6:
      return random.chance(50)
        ? ['lvreduce', '--force', '--yes', '--extents', `-${random.between(1, 6)}`, volume]
        : ['lvrename', 'vg', name, random.pick(NAMES)]
    default:
      return random.chance(50) ? ['lvremove', '--yes', volume] : ['lvchange', '--addtag', 'tag', volume]
  }
}
