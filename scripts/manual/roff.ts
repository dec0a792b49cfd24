import type { Edition } from '../source/index.ts'
import { plainText } from './page.ts'
import type { Block, Inline, ManualPage, Section } from './page.ts'

const WIDTH = 78

/**
 * A page in the macros of man(7), which groff and mandoc read alike.
 * Source: man(7) and roff(7) of mandoc, groff_man(7).
 */
export function roffPage(page: ManualPage, { version, date }: Edition): string {
  const head = [page.name.toUpperCase(), String(page.section), date.toISOString().slice(0, 10)]
  const sections: readonly Section[] = [
    {
      title: 'NAME',
      blocks: [
        { kind: 'paragraph', inlines: [{ kind: 'text', text: `${page.name} \u2010 ${page.summary}` }] },
      ],
    },
    ...page.sections,
  ]
  return [
    '.\\" Written by "npm run manual" from the code and docs/.',
    `.TH ${[...head.map((word) => quoted(word)), quoted(`Anneal ${version}`), quoted('Anneal')].join(' ')}`,
    ...sections.flatMap(({ title, blocks }) => [`.SH ${quoted(title)}`, ...blockLines(blocks, true)]),
    '',
  ].join('\n')
}

/** `isFirst`: right behind a heading or a term, where a paragraph needs no macro. */
function blockLines(blocks: readonly Block[], isFirst: boolean): readonly string[] {
  return blocks.flatMap((block, index) =>
    linesOf(block, index === 0 ? isFirst : blocks[index - 1]?.kind === 'subsection'),
  )
}

function linesOf(block: Block, isFirst: boolean): readonly string[] {
  switch (block.kind) {
    case 'paragraph':
      return [...(isFirst ? [] : ['.PP']), ...filled(block.inlines)]
    case 'subsection':
      return [`.SS ${quoted(plainText(block.title))}`]
    case 'literal':
      return [
        ...(isFirst ? [] : ['.PP']),
        '.RS 4',
        '.nf',
        ...block.text.split('\n').map((line) => guarded(escapedCode(line))),
        '.fi',
        '.RE',
      ]
    case 'list':
      return block.items.flatMap((item) => ['.IP \\(bu 2', ...inner(item)])
    case 'terms':
      return block.items.flatMap(({ term, blocks }) => [
        '.TP',
        guarded(term.map((one) => inlineText(one)).join('')),
        ...inner(blocks),
      ])
  }
}

/** The body of an item: its first paragraph follows at once, all else is indented under it. */
function inner(blocks: readonly Block[]): readonly string[] {
  const [first, ...rest] = blocks
  if (first === undefined) return ['\\&']
  const head =
    first.kind === 'paragraph' ? linesOf(first, true) : ['\\&', '.RS', ...linesOf(first, false), '.RE']
  return rest.length === 0 ? head : [...head, '.RS', ...blockLines(rest, false), '.RE']
}

/** Text that is filled: broken into short lines between words. */
function filled(inlines: readonly Inline[]): readonly string[] {
  const words = inlines
    .map((one) => inlineText(one))
    .join('')
    .trim()
    .split(/[ \n]+/)
  const lines: string[] = []
  let line = ''
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(guarded(line))
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, guarded(line)]
}

function inlineText(one: Inline): string {
  switch (one.kind) {
    case 'text':
      return escaped(one.text)
    case 'strong':
      return `\\fB${escaped(one.text)}\\fP`
    case 'code':
      return `\\fB${escapedCode(one.text)}\\fP`
    case 'emphasis':
      return `\\fI${escaped(one.text)}\\fP`
    case 'placeholder':
      return `\\fI${escapedCode(one.text)}\\fP`
    case 'page':
      return `\\fB${escapedCode(one.name)}\\fP(${one.section})`
  }
}

function escaped(words: string): string {
  return words
    .replaceAll('\\', String.raw`\e`)
    .replaceAll(/[^\x20-\x7E\n]/gu, (character) => unicode(character))
}

/** What somebody may copy: hyphens, quotes and carets stay what they are. */
function escapedCode(words: string): string {
  const kept: Readonly<Record<string, string>> = {
    '-': String.raw`\-`,
    "'": String.raw`\(aq`,
    '`': String.raw`\(ga`,
    '^': String.raw`\(ha`,
    '~': String.raw`\(ti`,
  }
  return escaped(words).replaceAll(/[-'`^~]/g, (character) => kept[character] ?? character)
}

function unicode(character: string): string {
  if (character === '\u2010') return String.raw`\-`
  const digits = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return `\\[u${digits}]`
}

/** A line that would be taken for a request begins with a mark of no width. */
function guarded(line: string): string {
  return /^[.']/.test(line) ? `\\&${line}` : line === '' ? '\\&' : line
}

function quoted(words: string): string {
  return `"${escaped(words).replaceAll('"', String.raw`\(dq`)}"`
}
