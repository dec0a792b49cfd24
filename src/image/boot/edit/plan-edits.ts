import { editKernelArguments, hasKernelArgument, isSameKey } from '../../../core/index.ts'
import type { KernelArgument } from '../../../core/index.ts'
import { inLatin1 } from '../byte-text.ts'
import type { ArgumentSource } from '../contract.ts'
import type { BootEntry } from '../entry.ts'
import { refuseArgumentEdit } from '../errors.ts'
import { isInMemdisk } from '../grub/memdisk.ts'
import type { Loader } from '../loader.ts'
import { editEnvironment } from './environment-edit.ts'
import { addOptionsLine, editGrubLine, editKeywordLine } from './line-edit.ts'
import type { ArgumentEdit, TextEditor } from './line-edit.ts'

export type ArgumentWishes = Readonly<{ append: readonly string[]; delete: readonly string[] }>

/** What is to happen to one text file of the image. */
export type FileEdit = Readonly<{
  /** `address:path`. */
  file: string
  kind: WrittenIn['kind']
  edits: readonly ArgumentEdit[]
}>

/** What an entry has to say once the files are changed. */
export type ExpectedEntry = Readonly<{ file: string; id: string; arguments: readonly KernelArgument[] }>

export type EntryEdits = Readonly<{ files: readonly FileEdit[]; expected: readonly ExpectedEntry[] }>

type WrittenIn = Extract<ArgumentSource, { file: string }>

/** What GRUB's script would read for itself in a word: quotes, variables, ends of commands (GRUB manual, "Quoting"). */
const GRUB_SPECIAL = /[^!-~ ]|[;&|<>{}$'\\`#]/

/**
 * Which lines of which files change, for entries to lose and gain arguments. What is to be taken off is taken off where
 * it is written: in the entry, or in the variable that the entry asks for. What is added goes to the entry, or into the
 * variable of grubenv (`kernelopts`) where an entry has nothing of its own. Throws KARG_EDIT_REFUSED,
 * KERNEL_ARGUMENT_ABSENT (of the first entry; others may lack what is deleted), KERNEL_ARGUMENT_MALFORMED.
 */
export function planArgumentEdits(
  entries: readonly BootEntry[],
  /** Of everybody who reads them. */
  loaders: readonly Loader[],
  wishes: ArgumentWishes,
): EntryEdits {
  const places = new Map<string, { source: WrittenIn; remove: Set<string>; append: readonly string[] }>()
  const placeOf = (source: WrittenIn) => {
    const key = keyOf(source)
    const known = places.get(key) ?? { source, remove: new Set<string>(), append: [] }
    places.set(key, known)
    return known
  }
  const carrierOf = carriersOf(entries)
  const expected = entries.map((entry, index): ExpectedEntry => {
    const unwanted =
      index === 0 ? wishes.delete : wishes.delete.filter((one) => hasKernelArgument(entry.arguments, one))
    const { kept, appended, deleted, replaced } = editKernelArguments(entry.arguments, {
      append: wishes.append,
      delete: unwanted,
    })
    for (const argument of [...deleted, ...replaced]) {
      placeOf(writtenIn(entry, argument.source)).remove.add(argument.text)
    }
    if (appended.length > 0) {
      for (const { text } of appended) checkForGrub(text, entry, loaders)
      // Entries that share a variable gain the same, once.
      placeOf(carrierOf(entry)).append = appended.map(({ text }) => text)
    }
    return { file: entry.file, id: entry.id, arguments: [...kept, ...appended] }
  })
  const files = new Map<string, { kind: WrittenIn['kind']; edits: ArgumentEdit[] }>()
  for (const { source, remove, append } of places.values()) {
    const file = files.get(source.file) ?? { kind: source.kind, edits: [] }
    file.edits.push({ line: source.line ?? 0, remove: [...remove], append })
    files.set(source.file, file)
  }
  return { files: Array.from(files, ([file, edit]) => ({ file, ...edit })), expected }
}

/** The text of a file with its edits, never shorter than it was: what is missing are empty lines at its end. Throws KARG_EDIT_REFUSED. */
export function applyFileEdit(text: string, { file, kind, edits }: FileEdit): string {
  let edited = text
  // From the last line up, so that a line that is added does not move those that are still to come.
  for (const edit of edits.toSorted((a, b) => b.line - a.line)) {
    const raw = { ...edit, remove: edit.remove.map(inLatin1), append: edit.append.map(inLatin1) }
    const next = editorOf(kind, edit)?.(edited, raw)
    if (next === undefined) {
      throw refuseArgumentEdit(
        file,
        kind === 'grubenv'
          ? `its line ${edit.line} is no variable, or GRUB’s environment block has no room for more`
          : `its line ${edit.line} is not written as a plain command line${edit.remove.length > 0 ? ` with ${edit.remove.join(' ')} in it` : ''}`,
      )
    }
    edited = next
  }
  return edited.padEnd(text.length, '\n')
}

function editorOf(kind: WrittenIn['kind'], { line }: ArgumentEdit): TextEditor | undefined {
  switch (kind) {
    case 'bls':
      return line === 0 ? addOptionsLine : editKeywordLine
    case 'extlinux.conf':
      return editKeywordLine
    case 'grub.cfg':
      return editGrubLine
    case 'grubenv':
      return editEnvironment
    case 'uki':
    case 'cmdline':
    case 'bootc':
      return undefined
    default:
      return kind satisfies never
  }
}

/** Whether two entries say the same: the order counts among arguments of one key. */
export function isSameArguments(a: readonly KernelArgument[], b: readonly KernelArgument[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ key }) => {
      const [here, there] = [a, b].map((all) =>
        all.filter((one) => isSameKey(one.key, key)).map(({ value }) => value ?? null),
      )
      return JSON.stringify(here) === JSON.stringify(there)
    })
  )
}

function writtenIn(entry: BootEntry, source: ArgumentSource): WrittenIn {
  if (source.kind === 'uki') throw inUki(source.file)
  if (!('file' in source))
    throw refuseArgumentEdit(entry.file, 'it does not say where its arguments are from')
  if (isInMemdisk(source.file)) throw inProgram(source.file)
  return source
}

/**
 * Where a new argument of each entry goes: to the entry, or to the variable of grubenv that an entry without anything of
 * its own is made of. Then everybody who asks for that variable has it from there.
 */
function carriersOf(entries: readonly BootEntry[]): (entry: BootEntry) => WrittenIn {
  const shared = new Set(
    entries.flatMap((entry) => (hasOwn(entry) ? [] : [variableOf(entry)])).map((source) => keyOf(source)),
  )
  return (entry) => {
    if (entry.source === 'uki') throw inUki(entry.file)
    const variable = variableOf(entry)
    if (variable !== undefined && shared.has(keyOf(variable))) return variable
    if (entry.argumentsAt === undefined)
      throw refuseArgumentEdit(entry.file, 'no boot entry describes this kernel')
    if (isInMemdisk(entry.argumentsAt.file)) throw inProgram(entry.argumentsAt.file)
    return entry.argumentsAt
  }
}

function hasOwn({ arguments: all, argumentsAt }: BootEntry): boolean {
  return all.some(({ source }) => source.kind === argumentsAt?.kind)
}

function variableOf({ arguments: all }: BootEntry): WrittenIn | undefined {
  const source = all.find((one) => one.source.kind === 'grubenv')?.source
  return source !== undefined && 'file' in source ? source : undefined
}

function keyOf(source: WrittenIn | undefined): string {
  return source === undefined ? '' : `${source.kind} ${source.line ?? 0} ${source.file}`
}

function inUki(file: string): Error {
  return refuseArgumentEdit(
    file,
    'a unified kernel image holds its command line inside, under the signature of the whole',
  )
}

function inProgram(file: string): Error {
  return refuseArgumentEdit(file, 'GRUB’s own program holds this configuration inside (grub-mkstandalone)')
}

function checkForGrub(text: string, { file }: BootEntry, loaders: readonly Loader[]): void {
  if (loaders.every(({ kind }) => kind === 'systemd-boot' || kind === 'extlinux')) return
  const special = GRUB_SPECIAL.exec(text)
  if (special !== null)
    throw refuseArgumentEdit(file, `GRUB’s script would read the “${special[0]}” of ${text} for itself`)
}
