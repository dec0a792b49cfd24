/** C0 and C1 controls and DEL; of those, a terminal obeys some: they move its cursor, set its title, answer for its user. */
// eslint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u001F\u007F-\u009F]/g
/** The same, but for line ends, tabs, and the colours of this program. */
// eslint-disable-next-line no-control-regex
const CONTROLS_IN_LINES = /\u001B\[(?:0|1|3[1-3])m|[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g

/** A name that somebody else chose, on one line: controls become `\n`, `\x1b`. */
export function printableName(name: string): string {
  return name.replaceAll(CONTROLS, escaped)
}

/** Lines with other people's words in them (a label, a title, a program's message), as a terminal may be given them. */
export function printableLines(text: string): string {
  return text.replaceAll(CONTROLS_IN_LINES, (found) => (found.length > 1 ? found : escaped(found)))
}

function escaped(control: string): string {
  if (control === '\n') return '\\n'
  if (control === '\t') return '\\t'
  return `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`
}
