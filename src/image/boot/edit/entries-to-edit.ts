import type { StackNode } from '../../stack/index.ts'
import { NOTHING_KNOWN } from '../arguments.ts'
import { completeBlsEntry, findBlsEntries } from '../bls/read-entries.ts'
import type { BootEntry } from '../entry.ts'
import { defaultOf } from '../find-boot.ts'
import type { BootInventory } from '../find-boot.ts'
import { ImageFiles } from '../image-files.ts'
import { chooseEntry } from '../make-contract.ts'

/** The rescue entry of kernel-install's 51-dracut-rescue, and what GRUB's and Debian's generators call theirs. */
const RESCUE_ID = /(^|-)0-rescue(-|$)/
const RESCUE_TITLE = /\b0-rescue\b|\(rescue\b|\brescue\)|recovery mode/i

/**
 * The entries that arguments are changed in: the chosen one, and every other of the same deployment or, where there are
 * no deployments, of the same root; none that rescues. With ostree also the entries that it keeps for itself where the
 * boot loader reads a grub.cfg made of them: the next upgrade takes its arguments from there.
 */
export async function entriesToEdit(
  disk: StackNode,
  inventory: BootInventory,
  wanted: string | undefined,
  signal?: AbortSignal,
): Promise<readonly BootEntry[]> {
  const chosen = chooseEntry(disk, inventory, wanted)
  const others = inventory.entries.filter(
    (entry) => entry !== chosen && !rescues(entry) && belongsWith(chosen, entry),
  )
  const entries = [chosen, ...others, ...(await keptByOstree(inventory, chosen, signal))]
  const all = [...entries, ...onlyTheOther(inventory, chosen, entries)]
  return all.flatMap((entry) => (entry.secondTry === undefined ? [entry] : [entry, entry.secondTry]))
}

/** Entries of the other firmware's menu that are written elsewhere, where nobody said which firmware counts. */
function onlyTheOther(
  { choice, other }: BootInventory,
  chosen: BootEntry,
  known: readonly BootEntry[],
): readonly BootEntry[] {
  if (choice === 'asked' || other === undefined) return []
  const itsDefault = defaultOf(other)
  return other.entries.filter(
    (entry) =>
      (entry === itsDefault || (!rescues(entry) && belongsWith(chosen, entry))) &&
      !known.some((one) => isSamePlace(one, entry)),
  )
}

function isSamePlace(a: BootEntry, b: BootEntry): boolean {
  return a.file === b.file && a.id === b.id && JSON.stringify(a.argumentsAt) === JSON.stringify(b.argumentsAt)
}

function rescues({ id, title }: BootEntry): boolean {
  return RESCUE_ID.test(id) || RESCUE_TITLE.test(title)
}

function belongsWith(chosen: BootEntry, other: BootEntry): boolean {
  if (chosen.deployment === undefined) {
    return other.deployment === undefined && valueOf(chosen, 'root') === valueOf(other, 'root')
  }
  const { stateroot, commit, serial } = chosen.deployment
  const its = other.deployment
  return its?.stateroot === stateroot && its.commit === commit && its.serial === serial
}

async function keptByOstree(
  { layout, entries }: BootInventory,
  chosen: BootEntry,
  signal?: AbortSignal,
): Promise<readonly BootEntry[]> {
  const link = valueOf(chosen, 'ostree')
  if (layout.boot === undefined || link === undefined) return []
  const files = new ImageFiles(signal)
  const { volume, directory } = layout.boot
  const found: BootEntry[] = []
  for (const one of await findBlsEntries(files, volume, directory)) {
    if (entries.some(({ file }) => file === one.file)) continue
    const entry = await completeBlsEntry(files, one, NOTHING_KNOWN)
    if (entry !== undefined && valueOf(entry, 'ostree') === link) found.push(entry)
  }
  return found
}

function valueOf({ arguments: all }: BootEntry, wanted: string): string | undefined {
  return all.findLast(({ key }) => key === wanted)?.value
}
