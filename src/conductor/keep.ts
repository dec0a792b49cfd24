import { KEEP, parseKeep } from '../contract/index.ts'
import type { KeepWish } from '../contract/index.ts'
import { raise } from './errors.ts'
import { nameOf } from './machine.ts'
import type { DiskContent, DiskFacts, MachineRecord, MachineReport } from './machine.ts'

/** A disk that is never written or wiped, and what was found on it. */
export type KeptDisk = Readonly<{ disk: string; found: string }>

/** Wishes in their written form, of the machine and of what is deployed on it. Throws KEEP_INVALID. */
export function keepWishes(machine: MachineRecord): readonly string[] {
  const { properties, instanceInfo } = machine
  const said = [properties[KEEP], instanceInfo[KEEP]].flatMap((value) => {
    if (value === undefined || value === null) return []
    if (typeof value !== 'string') {
      throw raise('KEEP_INVALID', {
        machine: nameOf(machine),
        keep: JSON.stringify(value),
        why: 'it is no text',
      })
    }
    return value.split('\n').map((line) => line.trim())
  })
  const wishes = [...new Set(said.filter((line) => line !== ''))]
  for (const line of wishes) wishOf(line, nameOf(machine))
  return wishes
}

/**
 * Disks of a machine that hold what is to be kept. Throws DISK_CONTENTS_UNKNOWN where the report does not say what is on
 * disks and a wish needs that; KEEP_INVALID.
 */
export function keptDisks(
  report: Pick<MachineReport, 'disks' | 'contents'>,
  wishes: readonly string[],
  machine: string,
): readonly KeptDisk[] {
  const parsed = wishes.map((line) => wishOf(line, machine))
  const { disks, contents } = report
  const inside = parsed.filter(({ kind }) => kind !== 'serial')
  if (inside.length > 0 && contents === undefined) {
    throw raise('DISK_CONTENTS_UNKNOWN', { machine, keep: wishes })
  }
  const bySerial = disks.flatMap(({ name, serial }) =>
    parsed
      .filter(({ kind, value }) => kind === 'serial' && isSame(serial, value))
      .map(({ value }) => ({ disk: name, found: `its serial is ${value}` })),
  )
  const byContent = (contents ?? []).flatMap((content) => {
    const found = inside.map((wish) => foundIn(content, wish)).find((one) => one !== undefined)
    return found === undefined ? [] : [{ disk: content.disk, found }]
  })
  return [...bySerial, ...byContent]
}

/** Throws DISK_KEPT where a disk may not be touched. */
export function refuseKept(
  disk: Pick<DiskFacts, 'name'>,
  kept: readonly KeptDisk[],
  context: Readonly<{ action: string; machine: string }>,
): void {
  const found = kept.filter((one) => one.disk === disk.name).map((one) => one.found)
  if (found.length > 0) throw raise('DISK_KEPT', { ...context, disk: disk.name, found: found.join('; ') })
}

/** What a signature has of a wish, in words; undefined where it is another thing. */
function foundIn(content: DiskContent, { kind, value }: KeepWish): string | undefined {
  const { on, type, label, uuid, partitionLabel, partitionUuid, volumeGroup } = content
  const what = type === undefined ? '' : ` of ${type}`
  // What cannot be read may be what is to be kept.
  if (content.isUnclear) return `what is on ${on} is unclear, and ${kind}=${value} is to be kept`
  switch (kind) {
    case 'label':
      return isSame(label, value) ? `${on} has the label "${label}"${what}` : undefined
    case 'uuid':
      return isSame(uuid, value) ? `${on} has the UUID ${uuid}${what}` : undefined
    case 'partlabel':
      return isSame(partitionLabel, value) ? `${on} is the partition "${partitionLabel}"` : undefined
    case 'partuuid':
      return isSame(partitionUuid, value) ? `${on} is the partition ${partitionUuid}` : undefined
    case 'vg':
      if (isSame(volumeGroup, value)) return `${on} is of the volume group "${volumeGroup}"`
      return type === 'LVM2_member' && volumeGroup === undefined
        ? `${on} is of LVM, and of which volume group it does not say`
        : undefined
    case 'serial':
      return undefined
  }
}

function isSame(found: string | undefined, wanted: string): boolean {
  return found?.trim().toLowerCase() === wanted.toLowerCase()
}

function wishOf(line: string, machine: string): KeepWish {
  const wish = parseKeep(line)
  if (typeof wish !== 'string') return wish
  throw raise('KEEP_INVALID', { machine, keep: line, why: wish })
}
