import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readModulesBelow } from '../../scripts/source/index.ts'

/** `parse` of the package prints warnings that quote the text, and its errors quote the line. */
const quotes = (text: string): boolean =>
  /\{[^}]*\bparse(?:AllDocuments)?\b[^}]*\} (?:from 'yaml'|= await import\('yaml'\))/.test(text)

test('YAML is read without a word of its text in errors and warnings: by yamlValue', () => {
  const modules = readModulesBelow('src').filter(({ path }) => !path.endsWith('.test.ts'))
  assert.ok(
    modules.some(({ text }) => /parseDocument[^}]*\} from 'yaml'/.test(text)),
    'the readers are found',
  )
  assert.deepEqual(
    modules.flatMap(({ path, text }) => (quotes(text) ? [path] : [])),
    [],
  )
  assert.ok(quotes("import { parse } from 'yaml'") && quotes("const { parse } = await import('yaml')"))
})
