import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseEnvFile } from './env-file.ts'
import type { EnvFileFormat } from './env-file.ts'

const parse = (text: string, format?: EnvFileFormat): Record<string, string> =>
  Object.fromEntries(
    parseEnvFile(text, {
      file: 'openstack.env',
      lookup: (name) => ({ HOME: '/root', A: 'outer' })[name],
      ...(format === undefined ? {} : { format }),
    }),
  )

test('names, comments, quotes and export are read by Compose’s rules', () => {
  const text = [
    '# what is needed',
    'PLAIN=one two  # a comment',
    'HASH=a#b',
    'export EXPORTED=yes',
    "SINGLE='$HOME \\n stays' # said",
    'DOUBLE="tab\\there $HOME \\$HOME \\"quoted\\""',
    'EMPTY=',
    'SPACED = value ',
    'dotted.name-1=x',
  ].join('\r\n')
  assert.deepEqual(parse(text), {
    PLAIN: 'one two',
    HASH: 'a#b',
    EXPORTED: 'yes',
    SINGLE: '$HOME \\n stays',
    DOUBLE: 'tab\there /root $HOME "quoted"',
    EMPTY: '',
    SPACED: 'value',
    'dotted.name-1': 'x',
  })
})

test('quoted values may span lines', () => {
  assert.deepEqual(parse('KEY="line 1\nline 2"\nNEXT=1'), { KEY: 'line 1\nline 2', NEXT: '1' })
})

test('variables come from the environment first, then from earlier lines', () => {
  assert.deepEqual(parse('A=inner\nB=$A\nC=1\nD=${C}${E:-2}'), { A: 'inner', B: 'outer', C: '1', D: '12' })
})

test('a name alone takes its value from the environment and is left out where that has none', () => {
  assert.deepEqual(parse('HOME\nNOWHERE'), { HOME: '/root' })
})

test('the raw format takes everything after the equals sign as it is', () => {
  assert.deepEqual(parse('A="x y" # z\nB=$HOME', 'raw'), { A: '"x y" # z', B: '$HOME' })
})

for (const [text, line] of [
  ['A=1\nnot a line', 2],
  ['A="open', 1],
  ['A=1\n\n9X=2', 3],
  ["A='x' y", 1],
] as const) {
  test(`${JSON.stringify(text)} is refused with its line and without its content`, () => {
    assert.throws(() => parse(text), { code: 'ENV_FILE_SYNTAX', data: { file: 'openstack.env', line } })
  })
}
