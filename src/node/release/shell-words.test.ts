import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { shellWords } from './shell-words.ts'

test('words are split as a shell quotes them, and nothing is expanded', () => {
  assert.deepEqual(shellWords('bundle exec  thin -p 3000'), ['bundle', 'exec', 'thin', '-p', '3000'])
  assert.deepEqual(shellWords(`sh -c 'a "b" $c' "d \\"e\\" \\$f" g\\ h`), [
    'sh',
    '-c',
    'a "b" $c',
    'd "e" $f',
    'g h',
  ])
  assert.deepEqual(shellWords(`a'b'"c"d ''`), ['abcd', ''])
  assert.deepEqual(shellWords('  '), [])
})

for (const text of ['a "b', "a 'b", 'a \\']) {
  test(`${JSON.stringify(text)} is refused without being quoted`, () => {
    assert.throws(() => shellWords(text), { code: 'COMMAND_SYNTAX' })
  })
}

test('words that were quoted come back whole', () => {
  const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`
  fc.assert(
    fc.property(fc.array(fc.string()), (words) => {
      assert.deepEqual(shellWords(words.map(quote).join(' ')), words)
    }),
  )
})

for (const text of [
  'a;b',
  'a && b',
  'a|b',
  'a <b',
  'a 2>&1',
  'a (b)',
  'a b)',
  'a `b c`',
  'a $(b c)',
  "sh -c 'a;b'; c",
  'one \\\n two',
  'sh -c "one \\\n two"',
  'grep "a\\s"',
]) {
  test(`${JSON.stringify(text)} is refused as ambiguous: versions of Compose differ`, () => {
    assert.throws(() => shellWords(text), { code: 'COMMAND_AMBIGUOUS' })
  })
}

test('operators in quotes and after a backslash are letters', () => {
  assert.deepEqual(shellWords(`sh -c 'a; (b) && c > d' "e|f $(g) \`h\`" i\\;j $k`), [
    'sh',
    '-c',
    'a; (b) && c > d',
    'e|f $(g) `h`',
    'i;j',
    '$k',
  ])
})
