import { formatKernelCommandLine } from '../../../core/index.ts'
import type { Finding } from '../../../core/index.ts'
import type { StackNode } from '../../stack/index.ts'
import type { BootEntry } from '../entry.ts'
import { defaultOf, nameOf } from '../find-boot.ts'
import type { BootAnswer, BootInventory } from '../find-boot.ts'
import { finding } from '../findings.ts'
import { raise } from '../errors.ts'
import { isSameBoot } from './same-boot.ts'

/** What each firmware boots, where that is not the same; the answer that is told of comes first. */
export type FirmwareDifference = readonly [FirmwareBoot, FirmwareBoot]

export type FirmwareBoot = Readonly<{ firmware: BootAnswer['firmware']; told: string }>

/** `entry` is what was chosen of the inventory: by default, or by a name that the other firmware's menu may have, too. */
export function firmwareDifference(
  inventory: BootInventory,
  entry: BootEntry | undefined,
): FirmwareDifference | undefined {
  const { other } = inventory
  if (other === undefined) return undefined
  const isDefault = entry === defaultOf(inventory)
  const its = isDefault ? defaultOf(other) : other.entries.find(({ id }) => id === entry?.id)
  // What only one of the menus has is meant by its name.
  if ((!isDefault && its === undefined) || isSameBoot(entry, its)) return undefined
  return [
    { firmware: inventory.firmware, told: tellEntry(entry) },
    { firmware: other.firmware, told: tellEntry(its) },
  ]
}

export function differenceFinding(inventory: BootInventory, entry: BootEntry): readonly Finding[] {
  const difference = inventory.choice === 'asked' ? undefined : firmwareDifference(inventory, entry)
  if (difference === undefined) return []
  const [here, there] = difference
  return [finding('FIRMWARES_DIFFER', tell(here), tell(there))]
}

/**
 * Where one kernel and one command line are taken out of the image, it has to be clear whose they are. Throws
 * BOOT_FIRMWARE_UNSAID.
 */
export function requireOneFirmware(disk: StackNode, inventory: BootInventory, entry: BootEntry): void {
  const difference = inventory.choice === 'asked' ? undefined : firmwareDifference(inventory, entry)
  if (difference === undefined) return
  const [here, there] = difference
  throw raise('BOOT_FIRMWARE_UNSAID', { image: disk.name, here: tell(here), there: tell(there) })
}

function tell({ firmware, told }: FirmwareBoot): string {
  return `${nameOf(firmware)} boots ${told}`
}

function tellEntry(entry: BootEntry | undefined): string {
  if (entry === undefined) return 'nothing'
  const { file, kernel, unbootable, arguments: all, init } = entry
  if (kernel === undefined) return `${file}: ${unbootable ?? 'no kernel'}`
  return `${file}: ${kernel.address}:${kernel.path} with ${formatKernelCommandLine({ arguments: all, init }) || 'no arguments'}`
}
