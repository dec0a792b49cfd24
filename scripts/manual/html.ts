import type { Edition } from '../source/index.ts'
import { plainText } from './page.ts'
import type { Block, Inline, ManualPage } from './page.ts'

const STYLE = `
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 sans-serif; color: #222; background: #fff }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem } h3 { font-size: 1rem }
code, pre { font: .9em/1.4 monospace } pre { padding: .6rem 1rem; overflow-x: auto; background: #f4f4f2 }
dt { margin-top: .8rem; font-weight: bold } dd { margin-left: 2rem } a { color: #05508a }
header, footer { color: #666 }
`.trim()

/** Where a page lies: all of them in one folder. */
export function htmlName({ name, section }: Readonly<{ name: string; section: number }>): string {
  return `${name}.${section}.html`
}

/** A page of the manual in HTML that stands by itself: no script, no font, nothing from elsewhere. */
export function htmlPage(page: ManualPage, edition: Edition): string {
  const title = `${page.name}(${page.section})`
  return document(title, [
    `<header><a href="index.html">Anneal ${entities(edition.version)}</a></header>`,
    `<h1>${entities(title)}</h1>`,
    `<p>${entities(page.summary)}</p>`,
    ...page.sections.flatMap((section) => [
      `<h2 id="${anchor(section.title)}">${entities(section.title)}</h2>`,
      ...section.blocks.map((block) => blockHtml(block)),
    ]),
    footer(edition),
  ])
}

const SECTIONS: readonly (readonly [ManualPage['section'], string])[] = [
  [1, 'Commands'],
  [5, 'Files'],
  [7, 'Background'],
]

/** The list of all pages. */
export function htmlIndex(pages: readonly ManualPage[], edition: Edition): string {
  return document('Anneal: manual', [
    `<h1>Anneal ${entities(edition.version)}: manual</h1>`,
    ...SECTIONS.flatMap(([section, title]) => [
      `<h2>${title}</h2>`,
      '<dl>',
      ...pages
        .filter((page) => page.section === section)
        .map((page) => `<dt>${link(page)}</dt><dd>${entities(page.summary)}</dd>`),
      '</dl>',
    ]),
    footer(edition),
  ])
}

function document(title: string, body: readonly string[]): string {
  return [
    '<!doctype html>',
    '<html lang="en">',
    `<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${entities(title)}</title>`,
    `<style>\n${STYLE}\n</style></head>`,
    '<body>',
    ...body,
    '</body>',
    '</html>',
    '',
  ].join('\n')
}

function footer({ version, date }: Edition): string {
  return `<footer><p>Anneal ${entities(version)}, ${date.toISOString().slice(0, 10)}</p></footer>`
}

function blockHtml(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return `<p>${inlinesHtml(block.inlines)}</p>`
    case 'subsection':
      return `<h3 id="${anchor(plainText(block.title))}">${inlinesHtml(block.title)}</h3>`
    case 'literal':
      return `<pre>${entities(block.text)}</pre>`
    case 'list':
      return `<ul>\n${block.items.map((item) => `<li>${blocksHtml(item)}</li>`).join('\n')}\n</ul>`
    case 'terms':
      return `<dl>\n${block.items
        .map(({ term, blocks }) => `<dt>${inlinesHtml(term)}</dt>\n<dd>${blocksHtml(blocks)}</dd>`)
        .join('\n')}\n</dl>`
  }
}

/** A single paragraph of an item needs no element of its own. */
function blocksHtml(blocks: readonly Block[]): string {
  const [only, ...rest] = blocks
  if (only?.kind === 'paragraph' && rest.length === 0) return inlinesHtml(only.inlines)
  return blocks.map((block) => blockHtml(block)).join('\n')
}

function inlinesHtml(inlines: readonly Inline[]): string {
  return inlines.map((one) => inlineHtml(one)).join('')
}

function inlineHtml(one: Inline): string {
  switch (one.kind) {
    case 'text':
      return entities(one.text)
    case 'strong':
      return `<strong>${entities(one.text)}</strong>`
    case 'emphasis':
      return `<em>${entities(one.text)}</em>`
    case 'code':
      return `<code>${entities(one.text)}</code>`
    case 'placeholder':
      return `<var>${entities(one.text)}</var>`
    case 'page':
      return link(one)
  }
}

function link(page: Readonly<{ name: string; section: number }>): string {
  return `<a href="${htmlName(page)}">${entities(page.name)}(${page.section})</a>`
}

function anchor(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
}

function entities(words: string): string {
  return words
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
