/** A table of Markdown; cells may hold what Markdown takes for more than text. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows.map((row) => row.map((cell) => escaped(cell)))]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** Outside of code spans: a `|` would end the cell, a `<` open a tag. */
function escaped(text: string): string {
  return text
    .replaceAll('\n', ' ')
    .split('`')
    .map((part, index) => (index % 2 === 0 ? part.replaceAll('<', '&lt;') : part))
    .join('`')
    .replaceAll('|', '\\|')
}

export function code(text: string): string {
  return `\`${text}\``
}

/** A page: paragraphs, tables and headings with a blank line between them. */
export function page(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}
