import { code, paragraph, plainText, text } from './page.ts'
import type { Block, Inline, Section, Term } from './page.ts'

/** Pages of docs/ that are pages of the manual too: links to them become references. */
export type PageNames = ReadonlyMap<string, Readonly<{ name: string; section: number }>>

/**
 * A page of docs/ as sections of a manual page: headings, paragraphs, lists, tables and code, as the pages there are
 * written. Not read: nested lists, block quotes, images, HTML other than comments. A diagram is left out, since the text
 * says what it shows.
 */
export function sectionsOf(markdown: string, pages: PageNames): readonly Section[] {
  const sections: { title: string; blocks: Block[] }[] = [{ title: 'DESCRIPTION', blocks: [] }]
  for (const chunk of chunksOf(markdown)) {
    const heading = /^(#{1,4}) (.+)$/.exec(chunk)
    const current = sections.at(-1)
    if (heading === null) current?.blocks.push(...blocksOf(chunk, pages))
    else if (heading[1]?.length === 2)
      sections.push({ title: plainText(inlinesOf(heading[2] ?? '', pages)).toUpperCase(), blocks: [] })
    else if ((heading[1]?.length ?? 0) > 2)
      current?.blocks.push({ kind: 'subsection', title: inlinesOf(heading[2] ?? '', pages) })
  }
  return sections.filter(({ blocks }) => blocks.length > 0)
}

/** Paragraphs, headings, tables, lists and blocks of code, without comments. */
function chunksOf(markdown: string): readonly string[] {
  const chunks: string[] = []
  let lines: string[] = []
  let fence = false
  const end = (): void => {
    if (lines.length > 0) chunks.push(lines.join('\n'))
    lines = []
  }
  for (const line of markdown.replaceAll(/<!--[\s\S]*?-->/g, '').split('\n')) {
    if (line.startsWith('```')) {
      if (!fence) end()
      lines.push(line)
      if (fence) end()
      fence = !fence
    } else if (fence) {
      lines.push(line)
    } else if (line.startsWith('#')) {
      end()
      chunks.push(line)
    } else if (line.trim() === '') {
      // A blank line inside of indented code belongs to it, if more of it follows.
      if (lines.length > 0 && lines.every((one) => one.startsWith('    ') || one === '')) lines.push('')
      else end()
    } else {
      if (lines.at(-1) === '' && !line.startsWith('    ')) {
        while (lines.at(-1) === '') lines.pop()
        end()
      }
      lines.push(line)
    }
  }
  end()
  return chunks.map((chunk) => chunk.replace(/\n+$/, ''))
}

function blocksOf(chunk: string, pages: PageNames): readonly Block[] {
  const lines = chunk.split('\n')
  if (chunk.startsWith('```mermaid')) return []
  if (chunk.startsWith('```')) return [{ kind: 'literal', text: lines.slice(1, -1).join('\n') }]
  if (lines.every((line) => line.startsWith('    ') || line === '')) {
    return [{ kind: 'literal', text: lines.map((line) => line.slice(4)).join('\n') }]
  }
  if (lines.every((line) => line.startsWith('|'))) return [tableOf(lines, pages)]
  const start = lines.findIndex((line) => ITEM.test(line))
  if (start === -1) return [paragraph(...inlinesOf(lines.join(' '), pages))]
  return [
    ...(start === 0 ? [] : [paragraph(...inlinesOf(lines.slice(0, start).join(' '), pages))]),
    {
      kind: 'list',
      items: itemsOf(lines.slice(start)).map((item) => [paragraph(...inlinesOf(item, pages))]),
    },
  ]
}

const ITEM = /^ *(?:[-*]|\d+\.) (?:\[.\] )?/

function itemsOf(lines: readonly string[]): readonly string[] {
  const items: string[] = []
  for (const line of lines) {
    if (ITEM.test(line)) items.push(line.replace(ITEM, ''))
    else items.push(`${items.pop() ?? ''} ${line.trim()}`)
  }
  return items
}

/** The first column names what the others tell about; where there are several, each but the meaning has its heading. */
function tableOf(lines: readonly string[], pages: PageNames): Block {
  const [head = [], , ...rows] = lines.map((line) => cellsOf(line))
  const items = rows.map(([name = '', ...cells]): Term => {
    const told = cells
      .map((cell, index) => ({ heading: head[index + 1] ?? '', cell }))
      .filter(({ cell }) => cell !== '')
    const single = head.length === 2
    return {
      term: inlinesOf(name === '' ? '(nothing)' : name, pages),
      blocks: told.map(({ heading, cell }) =>
        paragraph(
          ...(single || /^(|meaning)$/i.test(heading) ? [] : [text(`${capital(heading)}: `)]),
          ...inlinesOf(cell, pages),
        ),
      ),
    }
  })
  return { kind: 'terms', items }
}

function cellsOf(line: string): readonly string[] {
  return line
    .replaceAll(String.raw`\|`, '\u0000')
    .replaceAll(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.replaceAll('\u0000', '|').replaceAll('&lt;', '<').trim())
}

const INLINE =
  /`([^`]+)`|\*\*([^*]+)\*\*|(?<![A-Za-z0-9_])_([^_]+)_(?![A-Za-z0-9_])|\[((?:[^\]`]|`[^`]*`)+)\]\(([^)\s]+)\)/g

export function inlinesOf(words: string, pages: PageNames): readonly Inline[] {
  const inlines: Inline[] = []
  let at = 0
  for (const match of words.matchAll(INLINE)) {
    if (match.index > at) inlines.push(text(words.slice(at, match.index)))
    at = match.index + match[0].length
    const [, ofCode, strong, emphasis, label, target] = match
    if (ofCode !== undefined) inlines.push(code(ofCode))
    else if (strong !== undefined) inlines.push({ kind: 'strong', text: strong })
    else if (emphasis !== undefined) inlines.push({ kind: 'emphasis', text: emphasis })
    else inlines.push(...linkOf(label ?? '', target ?? '', pages))
  }
  if (at < words.length) inlines.push(text(words.slice(at)))
  return inlines
}

/** A page of the manual is named; of other pages the text alone is left, of addresses both. */
function linkOf(label: string, target: string, pages: PageNames): readonly Inline[] {
  const inner = inlinesOf(label, new Map())
  if (/^[a-z]+:/.test(target)) return [...inner, text(` (${target})`)]
  const page = pages.get(target.replace(/#.*$/, '').replace(/^.*\//, ''))
  if (page === undefined) return inner
  const reference: Inline = { kind: 'page', ...page }
  return label === target.replace(/^.*\//, '') ? [reference] : [...inner, text(' ('), reference, text(')')]
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}
