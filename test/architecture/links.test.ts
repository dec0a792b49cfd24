import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, test } from 'node:test'
import { ROOT, filesBelow, readModulesBelow } from '../../scripts/source/index.ts'

const FOLDERS = ['docs', 'src', 'lab', 'test', 'images', 'examples', 'scripts', 'demo', 'bench', 'findings']

const folders = FOLDERS.filter((folder) => existsSync(join(ROOT, folder)))
const pages = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...folders.flatMap((folder) => filesBelow(folder)).filter((path) => path.endsWith('.md')),
]
const records = readdirSync(join(ROOT, 'docs/adr'))
  .filter((name) => name !== 'README.md')
  .toSorted()

/** Relative links of a page that lead nowhere. */
function brokenLinks(path: string, text: string): readonly string[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((target) => !/^([a-z]+:|#)/.test(target))
    .filter((target) => !existsSync(join(ROOT, dirname(path), target.replace(/#.*$/, ''))))
}

/** Records of decisions that a text names (docs/adr/NNNN) and that are not there. */
function missingRecords(text: string): readonly string[] {
  return [...text.matchAll(/docs\/adr\/(\d{4}[\w-]*)/g)]
    .map((match) => match[1] ?? '')
    .filter((name) => !records.some((record) => record.startsWith(name)))
}

describe('links', () => {
  test('of every page lead somewhere', () => {
    assert.ok(pages.length > 5, `only ${pages.length} pages`)
    const broken = pages.flatMap((path) =>
      brokenLinks(path, readFileSync(join(ROOT, path), 'utf8')).map((target) => `${path}: ${target}`),
    )
    assert.deepEqual(broken, [])
  })

  test('that are broken are found, in prose only', () => {
    const text =
      '[a](docs/nowhere.md) [b](README.md#top) [c](https://host/x) [d](#here) `[e](gone.md)`\n```\n[f](gone.md)\n```\n'
    assert.deepEqual(brokenLinks('CONTRIBUTING.md', text), ['docs/nowhere.md'])
  })
})

describe('records of decisions', () => {
  test('that the code names are there', () => {
    const modules = folders.flatMap((folder) => readModulesBelow(folder))
    const missing = modules
      .filter((module) => module.path !== relative(ROOT, import.meta.filename))
      .flatMap((module) => missingRecords(module.text).map((name) => `${module.path}: docs/adr/${name}`))
    assert.deepEqual(missing, [])
  })

  test('that are not there are found', () => {
    assert.deepEqual(missingRecords('see docs/adr/9999-nothing.md and docs/adr/0001-rooms.md'), [
      '9999-nothing',
    ])
  })

  test('have a number of their own and say context, decision and consequences', () => {
    const numbers = records.map((name) => name.slice(0, 4))
    assert.deepEqual(
      numbers.filter((number, index) => numbers.indexOf(number) !== index),
      [],
    )
    for (const name of records) {
      assert.match(name, /^\d{4}-[a-z0-9-]+\.md$/)
      const text = readFileSync(join(ROOT, 'docs/adr', name), 'utf8')
      assert.ok(text.startsWith(`# ${name.slice(0, 4)} `), name)
      const headings = [...text.matchAll(/^## (.+)$/gm)].map((match) => match[1])
      assert.deepEqual(headings, ['Context', 'Decision', 'Consequences'], name)
    }
  })
})
