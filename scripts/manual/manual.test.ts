import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { htmlPage, manualFiles, manualPages, plainText, roffPage, sectionsOf } from './index.ts'
import type { Block, Inline, ManualPage } from './index.ts'
import { loadCommands } from '../../src/cli/commands.ts'

const EDITION = { version: '1.2.3', date: new Date('2026-01-02T03:04:05Z') }

function pageWith(...blocks: readonly Block[]): ManualPage {
  return { name: 'anneal-x', section: 1, summary: 'do x', sections: [{ title: 'DESCRIPTION', blocks }] }
}

/** The body of a page in roff, behind the heading of its description. */
function roffOf(...blocks: readonly Block[]): string {
  return roffPage(pageWith(...blocks), EDITION).split('.SH "DESCRIPTION"\n')[1] ?? ''
}

describe('the manual', () => {
  test('has a page for every command and every group, and each flag is on the page of its command', async () => {
    const pages = new Map((await manualPages()).map((page) => [`${page.name}.${page.section}`, page]))
    const commands = await loadCommands()
    assert.ok(commands.length > 20)
    for (const { path, flags } of commands) {
      const page = pages.get(`anneal-${path.join('-')}.1`)
      assert.ok(page, path.join(' '))
      assert.ok(pages.has(`${['anneal', ...path.slice(0, -1)].join('-')}.1`))
      const roff = roffPage(page, EDITION)
      for (const flag of Object.keys(flags)) {
        assert.ok(
          roff.includes(`\\fB\\-\\-${flag.replaceAll('-', String.raw`\-`)}\\fP`),
          `${page.name}: --${flag}`,
        )
      }
    }
  })

  test('refers to pages only that are there', async () => {
    const pages = await manualPages()
    const names = new Set(pages.map((page) => `${page.name}.${page.section}`))
    const missing = pages.flatMap((page) =>
      page.sections
        .flatMap(({ blocks }) => blocks.flatMap((block) => inlinesIn(block)))
        .flatMap((one) =>
          one.kind === 'page' && !names.has(`${one.name}.${one.section}`) ? [plainText([one])] : [],
        ),
    )
    assert.deepEqual(missing, [])
  })

  test('is the same text for the same edition', async () => {
    assert.deepEqual(await manualFiles(EDITION), await manualFiles(EDITION))
  })
})

function inlinesIn(block: Block): readonly Inline[] {
  switch (block.kind) {
    case 'paragraph':
      return block.inlines
    case 'subsection':
      return block.title
    case 'literal':
      return []
    case 'list':
      return block.items.flatMap((item) => item.flatMap((inner) => inlinesIn(inner)))
    case 'terms':
      return block.items.flatMap(({ term, blocks }) => [
        ...term,
        ...blocks.flatMap((inner) => inlinesIn(inner)),
      ])
  }
}

describe('roff', () => {
  test('a line that begins with a dot or an apostrophe is no request', () => {
    const literal = roffOf({ kind: 'literal', text: ".so /etc/passwd\n'br\n\\fBx" })
    assert.match(literal, /^\\&\.so \/etc\/passwd$/m)
    assert.match(literal, /^\\\(aqbr$/m)
    assert.match(literal, /^\\efBx$/m)
    const long = { kind: 'text', text: `${'word '.repeat(15)}.hidden end` } as const
    assert.doesNotMatch(roffOf({ kind: 'paragraph', inlines: [long] }), /^[.'](?!PP)/m)
  })

  test('what somebody may copy keeps its hyphens, and no character is left that a terminal may lack', () => {
    const block = {
      kind: 'paragraph',
      inlines: [
        { kind: 'code', text: "--dry-run 'a'" },
        { kind: 'text', text: ' … well-known' },
      ],
    } as const
    assert.equal(roffOf(block), '\\fB\\-\\-dry\\-run \\(aqa\\(aq\\fP \\[u2026] well-known\n')
  })

  test('the head tells name, section, date and version', () => {
    assert.match(
      roffPage(pageWith(), EDITION),
      /^\.TH "ANNEAL-X" "1" "2026-01-02" "Anneal 1\.2\.3" "Anneal"$/m,
    )
  })
})

describe('HTML', () => {
  test('text of a page is never taken for an element', () => {
    const html = htmlPage(
      pageWith({ kind: 'paragraph', inlines: [{ kind: 'code', text: '<script>&"' }] }),
      EDITION,
    )
    assert.ok(html.includes('<code>&lt;script&gt;&amp;&quot;</code>'), html)
  })

  test('a reference to another page is a link to its file', () => {
    const html = htmlPage(
      pageWith({ kind: 'paragraph', inlines: [{ kind: 'page', name: 'anneal', section: 1 }] }),
      EDITION,
    )
    assert.ok(html.includes('<a href="anneal.1.html">anneal(1)</a>'))
  })
})

describe('a page of docs/', () => {
  const pages = new Map([['release.md', { name: 'anneal-release', section: 5 }]])

  test('becomes sections of paragraphs, lists, tables and code', () => {
    const markdown = [
      '# Title',
      '<!-- a note -->',
      'First `code`',
      'goes **on**.',
      '',
      '    indented',
      '',
      '    more',
      '',
      '## Second part',
      '- one',
      '  goes on',
      '- two',
      '',
      '```mermaid',
      'graph',
      '```',
      '',
      '| field | meaning | default |',
      '| --- | --- | --- |',
      '| `a\\|b` | what | 1 |',
    ].join('\n')
    assert.deepEqual(sectionsOf(markdown, pages), [
      {
        title: 'DESCRIPTION',
        blocks: [
          {
            kind: 'paragraph',
            inlines: [
              { kind: 'text', text: 'First ' },
              { kind: 'code', text: 'code' },
              { kind: 'text', text: ' goes ' },
              { kind: 'strong', text: 'on' },
              { kind: 'text', text: '.' },
            ],
          },
          { kind: 'literal', text: 'indented\n\nmore' },
        ],
      },
      {
        title: 'SECOND PART',
        blocks: [
          {
            kind: 'list',
            items: ['one goes on', 'two'].map((item) => [
              { kind: 'paragraph', inlines: [{ kind: 'text', text: item }] },
            ]),
          },
          {
            kind: 'terms',
            items: [
              {
                term: [{ kind: 'code', text: 'a|b' }],
                blocks: [
                  { kind: 'paragraph', inlines: [{ kind: 'text', text: 'what' }] },
                  {
                    kind: 'paragraph',
                    inlines: [
                      { kind: 'text', text: 'Default: ' },
                      { kind: 'text', text: '1' },
                    ],
                  },
                ],
              },
            ],
          },
        ],
      },
    ])
  })

  test('links to a page of the manual as a reference, to another page as text, to an address with the address', () => {
    const words =
      'See [release.md](release.md), [its `x`](release.md#x), [that](other.md) and [there](https://a/b).'
    const [section] = sectionsOf(words, pages)
    const [block] = section?.blocks ?? []
    assert.ok(block?.kind === 'paragraph')
    assert.equal(
      plainText(block.inlines),
      'See anneal-release(5), its x (anneal-release(5)), that and there (https://a/b).',
    )
  })
})
