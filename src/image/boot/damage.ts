import { unreadableOf } from '../stack/index.ts'
import type { StackNode } from '../stack/index.ts'
import type { BootInventory } from './find-boot.ts'
import { raise } from './errors.ts'

/** A part of an image that is damaged or cut short, on which the answer depends. */
export type Damage = Readonly<{ part: string; reason: string }>

/** Codes of what is whole and is not read: another kind of file system, an encrypted one, one whose journal is elsewhere. */
const WHOLE = /UNSUPPORTED|ENCRYPTED|FORMAT_UNKNOWN|JOURNAL_DEVICE|EXTERNAL_LOG|REALTIME|PV_M/

/** Codes of what reaches beyond the end. */
const CUT = /CUT_SHORT|OUT_OF_RANGE|TRUNCATED/

/**
 * What keeps it from being known how the image boots, because it is damaged: a file or directory that tells how it boots, or,
 * where nothing was found that boots or that is the root, a part of the disk.
 */
export function damageOf(disk: StackNode, { findings, entries, layout }: BootInventory): Damage | undefined {
  const file = findings.find(({ code }) => code === 'BOOT_FILE_UNREADABLE')
  if (file !== undefined) return { part: file.subject, reason: file.evidence }
  if (entries.length > 0 && layout.root !== undefined) return undefined
  const [node] = unreadableOf(disk).filter(({ content }) => !WHOLE.test(content.refusal.code))
  if (node === undefined) return undefined
  return { part: node.address === '' ? 'its disk' : node.address, reason: node.content.refusal.message }
}

/** A part of a disk of which not all is in the image. */
export function cutShortOf(disk: StackNode): Damage | undefined {
  const node = unreadableOf(disk).find(({ content }) => CUT.test(content.refusal.code))
  if (node === undefined) return undefined
  return { part: node.address === '' ? 'its disk' : node.address, reason: node.content.refusal.message }
}

/** Throws BOOT_DAMAGED: what was taken for absent may be what boots. */
export function requireUndamaged(disk: StackNode, inventory: BootInventory): void {
  const damage = damageOf(disk, inventory)
  if (damage !== undefined) throw raise('BOOT_DAMAGED', { image: disk.name, ...damage })
}
