import { formatKernelCommandLine, parseKernelCommandLine } from '../../../core/index.ts'

/** What happens to the kernel arguments that one place of a text file carries. Arguments as they stand there. */
export type ArgumentEdit = Readonly<{
  /** From 1. */
  line: number
  remove: readonly string[]
  append: readonly string[]
}>

/** The text with the edit; undefined where the place is not what it was taken for. */
export type TextEditor = (text: string, edit: ArgumentEdit) => string | undefined

/** `options` of a Boot Loader Specification entry, `append` of an extlinux label: a command line behind a keyword. */
const KEYWORD_LINE = /^([ \t]*(?:options|append)[ \t]+)(.*?)([ \t\r]*)$/i
/** `linux /vmlinuz …` of a grub.cfg, on one line. What a `;` or a `#` ends is not looked through. */
const LINUX_LINE = /^([ \t]*linux(?:16|efi)?[ \t]+[^ \t]+)((?:[ \t]+[^;#\\]*)?)$/
/** `set name="…"` of a grub.cfg. */
const SET_LINE = /^([ \t]*set[ \t]+[A-Za-z_][A-Za-z0-9_]*=)(["']?)([^"'\\;#]*)\2([ \t]*)$/

export const editKeywordLine: TextEditor = (text, edit) =>
  onLine(text, edit.line, (line) => {
    const [, before, value, after] = KEYWORD_LINE.exec(line) ?? []
    const edited = value === undefined ? undefined : editCommandLine(value, edit)
    return edited === undefined ? undefined : `${before}${edited}${after}`
  })

/** An entry that has no `options` yet gets a line of them behind all others. */
export const addOptionsLine: TextEditor = (text, { append }) =>
  `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}options ${append.join(' ')}\n`

export const editGrubLine: TextEditor = (text, edit) =>
  onLine(text, edit.line, (line) => {
    const [, command, rest] = LINUX_LINE.exec(line) ?? []
    if (rest !== undefined) {
      const edited = editWords(rest, edit)
      return edited === undefined ? undefined : `${command}${edited}`
    }
    const [, set, quote, value, after] = SET_LINE.exec(line) ?? []
    // A value without quotes ends at a space: nothing can be put behind it.
    if (value === undefined || (quote === '' && edit.append.length > 0)) return undefined
    const edited = editWords(` ${value}`, edit)
    return edited === undefined ? undefined : `${set}${quote}${edited.slice(1)}${quote}${after}`
  })

/** What is separated by white space is a word here, as it stands; white space that stays is not touched. */
function editWords(text: string, { remove, append }: ArgumentEdit): string | undefined {
  let edited = text
  for (const word of remove) {
    const pattern = new RegExp(`[ \\t]+${escapePattern(word)}(?=[ \\t\\r]|$)`, 'g')
    if (!pattern.test(edited)) return undefined
    edited = edited.replace(pattern, '')
  }
  if (append.length === 0) return edited
  const added = ` ${append.join(' ')}`
  const dashes = /[ \t]--(?=[ \t]|$)/.exec(edited)
  if (dashes !== null) return `${edited.slice(0, dashes.index)}${added}${edited.slice(dashes.index)}`
  const [, kept = '', end = ''] = /^(.*?)([ \t\r]*)$/.exec(edited) ?? []
  return `${kept}${added}${end}`
}

/** A command line, without those arguments and with these in front of what is init's; undefined where that cannot be. */
export function editCommandLine(text: string, { remove, append }: ArgumentEdit): string | undefined {
  const { arguments: present, init } = parseKernelCommandLine(text)
  if (!remove.every((unwanted) => present.some((one) => one.text === unwanted))) return undefined
  const kept = present.filter((one) => !remove.includes(one.text))
  const all = [...kept, ...append.flatMap((one) => parseKernelCommandLine(one).arguments)]
  const edited = formatKernelCommandLine({ arguments: all, init })
  // A quote that never closes takes what is behind it with it.
  const again = parseKernelCommandLine(edited)
  const isSame =
    again.arguments.length === all.length &&
    again.arguments.every((one, index) => one.text === all[index]?.text)
  return isSame ? edited : undefined
}

function onLine(
  text: string,
  number: number,
  edit: (line: string) => string | undefined,
): string | undefined {
  const lines = text.split('\n')
  const line = lines[number - 1]
  const edited = line === undefined ? undefined : edit(line)
  return edited === undefined ? undefined : lines.with(number - 1, edited).join('\n')
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}
