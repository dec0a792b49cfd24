import type { Base } from '../../image/convert/index.ts'
import { LINUX_TYPE, LVM_TYPE } from '../../image/deploy-disk/index.ts'
import type { BootInventory } from '../../image/boot/index.ts'
import { nodesOf } from '../../image/stack/index.ts'
import type { StackNode } from '../../image/stack/index.ts'
import type { DeployImage } from '../../ports/index.ts'

const SECTORS = [512, 4096] as const

/** Sectors of disks on which Linux can read a base: no longer than the smallest that one of its file systems reads. */
export function sectorsOfBase({ node }: Pick<Base, 'node'>, disk: StackNode): readonly number[] {
  const inside =
    node.content.kind === 'physical volume'
      ? nodesOf(disk).filter(({ role }) => role === 'logical volume')
      : [node]
  const sizes = inside.flatMap(({ content }) =>
    content.kind === 'file system' ? [content.fileSystem.facts.sectorSizeBytes] : [],
  )
  return SECTORS.filter(
    (bytes) => bytes === 512 || (sizes.length > 0 && sizes.every((size) => size >= bytes)),
  )
}

/** A table counts in sectors: its disk has sectors of that size, or the table means something else there. */
export function sectorsOfDisk(disk: StackNode): readonly number[] {
  if (disk.content.kind === 'partition table') return [disk.content.table.sectorSizeBytes]
  return sectorsOfBase({ node: disk }, disk)
}

export function tableOf({ content }: StackNode): NonNullable<DeployImage['table']> {
  return content.kind === 'partition table' ? content.table.scheme : 'none'
}

/** The partition of the base as the image has it, where that has a GPT; else by what is in it. */
export function partitionOf({ node }: Base): NonNullable<DeployImage['partition']> {
  const { type = '', label = '' } = node.partition ?? {}
  if (/^[0-9a-f-]{36}$/.test(type)) return { typeGuid: type, label }
  return { typeGuid: node.content.kind === 'physical volume' ? LVM_TYPE : LINUX_TYPE, label }
}

/** Firmwares for which the disk has a boot loader. */
export function firmwaresOf({ firmware, loader, other }: BootInventory): DeployImage['firmwares'] {
  if (loader.kind === 'none') return []
  if (firmware === 'either') return ['bios', 'uefi']
  return other === undefined || other.firmware === 'either' ? [firmware] : [firmware, other.firmware]
}
