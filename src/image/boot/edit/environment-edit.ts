import { ENVIRONMENT_HEADER, splitEnvironment, unescapeEnvironment } from '../grub/environment.ts'
import { editCommandLine } from './line-edit.ts'
import type { ArgumentEdit, TextEditor } from './line-edit.ts'

/**
 * A variable of a GRUB environment block that holds kernel arguments. The block keeps its length, which GRUB counts on
 * (grub-core/lib/envblk.c): what the value gains, the `#` behind the last variable lose. undefined where there are not
 * enough of them, or no variable begins on that line.
 */
export const editEnvironment: TextEditor = (text, edit) => {
  const [, variables, fill, rest] = /^([^]*\n)(#+)([^#]*)$/.exec(text) ?? []
  if (variables === undefined || fill === undefined || !variables.startsWith(ENVIRONMENT_HEADER))
    return undefined
  const entries = splitEnvironment(variables)
  // Behind a newline that is escaped, the value goes on in what looks like the rest of the block.
  if (entries.at(-1) !== '') return undefined
  let line = 1
  for (const [index, entry] of entries.entries()) {
    if (line === edit.line) {
      const edited = editEntry(entry, edit)
      if (edited === undefined) return undefined
      const whole = entries.with(index, edited).join('\n')
      const left = fill.length - (whole.length - variables.length)
      return left < 1 ? undefined : `${whole}${'#'.repeat(left)}${rest}`
    }
    line += entry.split('\n').length
  }
  return undefined
}

function editEntry(entry: string, edit: ArgumentEdit): string | undefined {
  const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*=)(.*)$/s.exec(entry) ?? []
  if (value === undefined) return undefined
  const edited = editCommandLine(unescapeEnvironment(value), edit)
  return edited === undefined ? undefined : `${name}${edited.replaceAll(/[\\\n]/g, '\\$&')}`
}
