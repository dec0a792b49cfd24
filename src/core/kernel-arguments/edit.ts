import { raise } from './errors.ts'
import { isSameKey, parseKernelArgument } from './parse.ts'
import type { KernelArgument } from './parse.ts'

export type KernelArgumentEdits = Readonly<{
  /** `KEY` takes off every argument of that key, `KEY=VALUE` every one with that value too. */
  delete: readonly string[]
  /** Each goes to the end, in this order; see SINGLE for what it replaces. */
  append: readonly string[]
}>

export type EditedKernelArguments<T extends KernelArgument> = Readonly<{
  kept: readonly T[]
  appended: readonly KernelArgument[]
  deleted: readonly T[]
  /** Taken off because one that was appended takes their place. */
  replaced: readonly T[]
}>

/** Keys that count once: a second one would leave the first on the command line, and of no meaning. */
const SINGLE = ['root', 'rootfstype', 'rootflags', 'ostree', 'composefs', 'init', 'systemd.unit']

/**
 * Takes arguments off first, then appends. Throws KERNEL_ARGUMENT_ABSENT where one to delete is not there (a typing
 * error would go unnoticed), KERNEL_ARGUMENT_MALFORMED for one that is none.
 */
export function editKernelArguments<T extends KernelArgument>(
  present: readonly T[],
  edits: KernelArgumentEdits,
): EditedKernelArguments<T> {
  const unwanted = edits.delete.map((text) => {
    const wanted = parseKernelArgument(text)
    if (!hasKernelArgument(present, text)) {
      throw raise('KERNEL_ARGUMENT_ABSENT', { text, present: present.map((one) => one.text) })
    }
    return wanted
  })
  const appended = edits.append.map(parseKernelArgument)
  const isDeleted = (one: T): boolean => unwanted.some((wanted) => matches(one, wanted))
  const isReplaced = (one: T): boolean =>
    SINGLE.includes(one.key) && appended.some(({ key }) => key === one.key)
  return {
    kept: present.filter((one) => !isDeleted(one) && !isReplaced(one)),
    appended,
    deleted: present.filter(isDeleted),
    replaced: present.filter((one) => !isDeleted(one) && isReplaced(one)),
  }
}

/** Whether there is one that `--delete-karg` would take off. Throws KERNEL_ARGUMENT_MALFORMED. */
export function hasKernelArgument(present: readonly KernelArgument[], text: string): boolean {
  const wanted = parseKernelArgument(text)
  return present.some((one) => matches(one, wanted))
}

function matches(one: KernelArgument, wanted: KernelArgument): boolean {
  return isSameKey(one.key, wanted.key) && (wanted.value === undefined || wanted.value === one.value)
}
