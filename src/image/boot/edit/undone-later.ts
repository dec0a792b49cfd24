import { hasKernelArgument, parseKernelCommandLine } from '../../../core/index.ts'
import type { Finding } from '../../../core/index.ts'
import type { BootInventory } from '../find-boot.ts'
import { finding } from '../findings.ts'
import { ImageFiles } from '../image-files.ts'
import type { ArgumentWishes, FileEdit } from './plan-edits.ts'

/** kernel-install(8): the first one that is there is what the next kernel's entry takes its options from. */
const NEXT_KERNEL = ['/etc/kernel/cmdline', '/usr/lib/kernel/cmdline']

/** Which edits the running system undoes when it makes its boot entries anew, because it makes them of other files. */
export async function findUndoneLater(
  { layout, entries }: BootInventory,
  files: readonly Pick<FileEdit, 'file' | 'kind'>[],
  wishes: ArgumentWishes,
  signal?: AbortSignal,
): Promise<readonly Finding[]> {
  const generated = files
    .filter(({ kind }) => kind === 'grub.cfg')
    .map(({ file }) =>
      finding(
        'ARGUMENTS_UNDONE_LATER',
        file,
        'it is made anew by update-grub or grub2-mkconfig in the running system, from files that were not edited (/etc/default/grub; with ostree, its own entries)',
      ),
    )
  const { root } = layout
  // ostree takes the arguments of the next deployment from the entry of the present one.
  const isOstree = entries.some(({ deployment }) => deployment !== undefined)
  if (root === undefined || isOstree || !files.some(({ kind }) => kind === 'bls')) return generated
  const reader = new ImageFiles(signal)
  for (const path of NEXT_KERNEL) {
    const file = await reader.text(root, path)
    if (file === undefined) continue
    const own = parseKernelCommandLine(file.text.replaceAll('\n', ' ')).arguments
    const isSame =
      wishes.append.every((wanted) => own.some(({ text }) => text === wanted)) &&
      wishes.delete.every((unwanted) => !hasKernelArgument(own, unwanted))
    if (isSame) return generated
    const evidence = 'the next kernel package takes its arguments from this file, which was not edited'
    return [...generated, finding('ARGUMENTS_UNDONE_LATER', file.file, evidence)]
  }
  return generated
}
