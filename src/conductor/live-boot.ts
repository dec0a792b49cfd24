import { positiveNumber } from '../core/index.ts'
import { raise } from './errors.ts'
import { architectureOf } from './boot-files.ts'
import type { Architecture } from './boot-files.ts'
import { nameOf } from './machine.ts'
import type { MachineRecord } from './machine.ts'

/**
 * Stands for the address of the root image in a command line that is kept: each boot has a token of its own in that address. Nobody
 * has this host (RFC 2606).
 */
export const ROOT_IMAGE_URL = 'http://root-image.invalid'

/** Where machines fetch the root image. What reads it goes by the end of the name (dracut, livenet). */
export function rootImageUrl(at: string, format: 'squashfs' | 'erofs'): string {
  return `${at}/root.${format}`
}

/** The command line of one boot. `at`: where the files of this boot are, without a slash at its end. */
export function liveCommandLine(kept: string, at: string): string {
  return kept.replaceAll(`${ROOT_IMAGE_URL}/`, `${at}/`)
}

export type LiveNeeds = Readonly<{
  /** As people name the image. */
  image: string
  /** Of the kernel, where it says it. */
  architecture?: Architecture
  memoryMib: number
}>

/** Throws LIVE_UNFIT where the machine is known to have another processor, or less memory. */
export function refuseUnfit(machine: MachineRecord, needs: LiveNeeds): void {
  const { image, architecture, memoryMib } = needs
  const unfit = (why: string, remedy: string): Error =>
    raise('LIVE_UNFIT', { image, machine: nameOf(machine), why, remedy })
  const own = architectureOf(machine)
  if (architecture !== undefined && architecture !== own) {
    throw unfit(
      `its kernel is for ${architecture}, and the machine is ${own} (cpu_arch)`,
      'deploy an image for that processor, or correct cpu_arch of the machine',
    )
  }
  const found = memoryOf(machine)
  if (found === undefined || found >= memoryMib) return
  throw unfit(
    `the machine has ${found} MiB of memory, and ramdisk and root image need ${memoryMib} MiB`,
    'deploy it on a machine with more memory, or make the image smaller',
  )
}

/** MiB, as its deploy ramdisk reported it; else what the inventory says. */
function memoryOf({ report, properties }: MachineRecord): number | undefined {
  return report?.memoryMib ?? positiveNumber(properties['memory_mb'])
}
