import { patched } from '../../bytes/index.ts'
import type { Patch } from '../../bytes/index.ts'
import { readFile, walkPath } from '../../formats/filesystem/index.ts'
import {
  applyFileEdit,
  bytesOfLatin1,
  entriesToEdit,
  findBoot,
  findUndoneLater,
  isSameArguments,
  latin1Of,
  planArgumentEdits,
  refuseArgumentEdit,
} from '../boot/index.ts'
import type { ArgumentWishes, BootEntry, BootInventory, FileEdit, Loader } from '../boot/index.ts'
import { detectStack, findVolume } from '../stack/index.ts'
import type { Readers, StackNode } from '../stack/index.ts'
import type { Base } from './base.ts'
import type { Change } from '../../contract/index.ts'
import { finding, warningOf } from './findings.ts'
import { OVERLAPS, isOverlapping, locateEdit } from './locate-edit.ts'

/** As `ImageFiles` reads: configurations are a few KiB. */
const MOST_TEXT_BYTES = 1 << 20

export type ArgumentPatches = Readonly<{
  patches: readonly Patch[]
  changes: readonly Change[]
  warnings: readonly string[]
  /** The disk as it will be: looked at again, with the patches over it. */
  disk: StackNode
  inventory: BootInventory
}>

/**
 * Changes kernel arguments in the boot entries of a disk, while it streams past: patches of the bytes of the files that
 * carry them. Then the patched disk is looked at anew, and every entry has to say what was asked for. Throws
 * KARG_EDIT_REFUSED, and what `planArgumentEdits` and the readers throw.
 */
export async function editArguments(
  disk: StackNode,
  base: Base,
  inventory: BootInventory,
  wishes: ArgumentWishes & Readonly<{ readers: Readers; deployment?: string; signal?: AbortSignal }>,
): Promise<ArgumentPatches> {
  const { readers, deployment, signal } = wishes
  const { source } = disk
  if (source === undefined) throw new TypeError('a disk has bytes')
  const entries = await entriesToEdit(disk, inventory, deployment, signal)
  const { files, expected } = planArgumentEdits(entries, loadersOf(inventory), wishes)
  const patches: Patch[] = []
  for (const file of files) {
    const own = await patchesOf(disk, base, file, signal)
    if (isOverlapping(patches, own)) throw refuseArgumentEdit(file.file, OVERLAPS)
    patches.push(...own)
  }

  const after = await detectStack(patched(source, patches), readers, signal === undefined ? {} : { signal })
  const found = await findBoot(after, {
    readers,
    ...(signal && { signal }),
    ...(inventory.choice === 'asked' && inventory.firmware !== 'either' && { firmware: inventory.firmware }),
  })
  const again = await entriesToEdit(after, found, deployment, signal)
  for (const { file, id, arguments: wanted } of expected) {
    const same = again.filter((one) => one.file === file && one.id === id)
    if (!same.some((one) => isSameArguments(one.arguments, wanted))) {
      const says = same[0] === undefined ? 'nothing' : commandLineOf(same[0])
      throw refuseArgumentEdit(file, `read again, the entry ${id} says ${says}`)
    }
  }
  return {
    patches,
    changes: files.flatMap((file) => changesOf(file)),
    warnings: [
      ...warningsOf(inventory, found, entries),
      ...(await findUndoneLater(inventory, files, wishes, signal)).map(warningOf),
    ],
    disk: after,
    inventory: found,
  }
}

async function patchesOf(
  disk: StackNode,
  base: Base,
  edit: FileEdit,
  signal: AbortSignal | undefined,
): Promise<readonly Patch[]> {
  const [, address = '', path = ''] = /^([^:]*):(.*)$/s.exec(edit.file) ?? []
  const volume = findVolume(disk, address)
  const { id } = await walkPath(volume.fileSystem, path, { lastLink: 'follow', ...(signal && { signal }) })
  const before = await readFile(volume.fileSystem, id, {
    path,
    limitBytes: MOST_TEXT_BYTES,
    ...(signal && { signal }),
  })
  const after = bytesOfLatin1(applyFileEdit(latin1Of(before), edit))
  const change = await locateEdit(disk, base, volume, { id, before, after }, signal)
  if ('refusal' in change) throw refuseArgumentEdit(edit.file, change.refusal)
  return change.patches
}

/** Of both firmwares, where nobody said which one counts. */
function loadersOf({ loader, other, choice }: BootInventory): readonly Loader[] {
  return choice === 'asked' || other === undefined ? [loader] : [loader, other.loader]
}

function changesOf({ file, edits }: FileEdit): readonly Change[] {
  return edits.flatMap(({ line, remove, append }) => {
    const place = line === 0 ? 'a new line' : `line ${line}`
    return [
      ...(remove.length === 0
        ? []
        : [
            {
              file,
              what: `${place} loses ${remove.join(' ')}`,
              reason: 'asked for with --delete-karg, or replaced by a --karg',
            },
          ]),
      ...(append.length === 0
        ? []
        : [{ file, what: `${place} gains ${append.join(' ')}`, reason: 'asked for with --karg' }]),
    ]
  })
}

function warningsOf(
  before: BootInventory,
  after: BootInventory,
  edited: readonly BootEntry[],
): readonly string[] {
  const warnings: string[] = []
  const byDefault = before.entries[before.defaultIndex]
  if (
    byDefault !== undefined &&
    !edited.some(({ file, id }) => file === byDefault.file && id === byDefault.id)
  ) {
    warnings.push(
      warningOf(
        finding(
          'EDITS_NOT_BY_DEFAULT',
          byDefault.file,
          `the disk boots ${byDefault.id} by itself, whose arguments stay as they are`,
        ),
      ),
    )
  }
  for (const [index, { id, arguments: all }] of before.entries.entries()) {
    const now = after.entries[index]
    if (edited.some((one) => one.id === id) || now === undefined || isSameArguments(all, now.arguments))
      continue
    warnings.push(
      warningOf(
        finding('EDITS_SHARED', id, 'it takes its arguments from the same variable, and changes, too'),
      ),
    )
  }
  return warnings
}

function commandLineOf({ arguments: all }: BootEntry): string {
  return all.map(({ text }) => text).join(' ') || 'nothing'
}
