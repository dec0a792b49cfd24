import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { stringify } from 'yaml'
import type { Path } from '../../node/release/index.ts'
import { readYaml } from './yaml-tree.ts'

/** `CODE line:column` of each problem. */
const problems = (text: string): readonly string[] => {
  const yaml = readYaml(text)
  return yaml.problems.map(({ error, offset }) => {
    const { line, column } = yaml.position(offset)
    return `${error.code} ${line}:${column}`
  })
}

function placeOf(text: string, path: Path): string | undefined {
  const yaml = readYaml(text)
  const place = yaml.place(path)
  return place === undefined ? undefined : text.slice(...place.value)
}

test('values have their place in the file, also through aliases and merges', () => {
  const text = 'x-a: &a {image: one, pid: host}\nservices:\n  b:\n    <<: *a\n    image: two\n  c: *a\n'
  assert.deepEqual(readYaml(text).tree, {
    'x-a': { image: 'one', pid: 'host' },
    services: { b: { image: 'two', pid: 'host' }, c: { image: 'one', pid: 'host' } },
  })
  assert.equal(placeOf(text, ['services', 'b', 'image']), 'two')
  assert.equal(placeOf(text, ['services', 'b', 'pid']), 'host')
  assert.equal(placeOf(text, ['services', 'c', 'image']), 'one')
  assert.equal(placeOf(text, ['services', 'd']), undefined)
})

test('merges take earlier maps first and merge what these merge', () => {
  const text = 'a: &a {k: 1}\nb: &b {<<: *a, k: 2, l: 2}\nc: {<<: [*a, *b], m: 3}\n'
  assert.deepEqual((readYaml(text).tree as { c: unknown }).c, { k: 1, l: 2, m: 3 })
})

test('a quoted "<<" is a key like any other', () => {
  assert.deepEqual(readYaml('"<<": {a: 1}\n').tree, { '<<': { a: 1 } })
})

for (const [text, expected] of [
  ['a: 1\nb: 2\na: 3\n', ['YAML_DUPLICATE_KEY 3:1']],
  ['a: {b: 1, b: 2}\n', ['YAML_DUPLICATE_KEY 1:11']],
  ['a: 1\n"a": 2\n', ['YAML_DUPLICATE_KEY 2:1']],
  ['a: [*nowhere]\n', ['YAML_ALIAS 1:5']],
  ['a: &a [*a]\n', ['YAML_ALIAS 1:8']],
  ['a: &a\n  <<: *a\n', ['YAML_ALIAS 2:7']],
  ['a:\n  <<: text\n', ['YAML_MERGE 2:7']],
  ['? [a]\n: b\n', ['YAML_KEY 1:3']],
  ['~: b\n', ['YAML_KEY 1:1']],
  ['a: 1\n---\nb: 2\n', ['YAML_DOCUMENTS 2:1']],
  ['%YAML 1.1\n---\na: 1\n', ['YAML_VERSION 1:1']],
  ['a: !reset x\n', ['YAML_TAG 1:11']],
  ['a: !!binary aGk=\n', ['YAML_TAG 1:13']],
  ['a:\n\tb: 1\n', ['YAML_SYNTAX 2:1']],
  ['a: "x\n', ['YAML_SYNTAX 2:1']],
  ['a: b: c\n', ['YAML_SYNTAX 1:4']],
  ['a: @x\n', ['YAML_SYNTAX 1:4']],
  ['ports: [22:22]\n', ['YAML_AMBIGUOUS_NUMBER 1:9']],
  ['environment: {DATE: 2024-01-01}\n', ['YAML_AMBIGUOUS_NUMBER 1:21']],
  ['labels: {AT: 2024-1-2 10:00:00Z}\n', ['YAML_AMBIGUOUS_NUMBER 1:14']],
  [
    'command: [2024_10_01, 1_0.5, 0b11, 0x_1]\n',
    ['1:11', '1:23', '1:30', '1:36'].map((at) => `YAML_AMBIGUOUS_NUMBER ${at}`),
  ],
  ['a: 010\n', ['YAML_AMBIGUOUS_NUMBER 1:4']],
  ['mode: 644\n', ['YAML_AMBIGUOUS_NUMBER 1:7']],
  ['a: 12345678901234567890\n', ['YAML_AMBIGUOUS_NUMBER 1:4']],
  ['environment: {V: 1.10}\n', ['YAML_AMBIGUOUS_NUMBER 1:18']],
  ['environment: {V: 0x10}\n', ['YAML_AMBIGUOUS_NUMBER 1:18']],
] as const) {
  test(`${JSON.stringify(text)} is refused as ${expected[0]}`, () => {
    assert.deepEqual(problems(text), expected)
  })
}

test('values that every reader understands are accepted', () => {
  const text =
    'z: [2024-01, 1_b, _1, "2024-01-01", v1_0]\na: 8080:80\nb: "22:22"\nc: {mode: 0440}\nd: 0\ne: 1.5\nf: yes\nenvironment: {V: 1.5}\n'
  assert.deepEqual(readYaml(text).tree, {
    z: ['2024-01', '1_b', '_1', '2024-01-01', 'v1_0'],
    a: '8080:80',
    b: '22:22',
    c: { mode: '0440' },
    d: 0,
    e: 1.5,
    f: 'yes',
    environment: { V: 1.5 },
  })
})

test('aliases that multiply are stopped before they fill the memory', () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let index = 1; index < 12; index += 1) {
    lines.push(`a${index}: &a${index} [${Array.from({ length: 10 }, () => `*a${index - 1}`).join(', ')}]`)
  }
  assert.deepEqual(
    readYaml(lines.join('\n')).problems.map(({ error }) => error.message),
    ['Cannot read the YAML: it has more than 50000 values'],
  )
})

test('merges that multiply are stopped as well', () => {
  const lines = ['a0: &a0 {k: v}']
  for (let index = 1; index < 30; index += 1) {
    lines.push(`a${index}: &a${index} {<<: [*a${index - 1}, *a${index - 1}], k${index}: v}`)
  }
  // Twice as many with each line: without a bound this would be 2^30 merges.
  assert.deepEqual(
    readYaml(lines.join('\n')).problems.map(({ error }) => error.code),
    ['YAML_TOO_LARGE'],
  )
})

test('nesting without end is refused, not a crash', () => {
  assert.deepEqual(problems('['.repeat(20_000)), ['YAML_TOO_LARGE 1:1'])
  assert.deepEqual(
    readYaml(`${'{a: '.repeat(100)}1${'}'.repeat(100)}`).problems.map(({ error }) => error.code),
    ['YAML_TOO_LARGE'],
  )
})

test('a file that is too long is not even parsed', () => {
  assert.deepEqual(problems(`a: ${'x'.repeat(300_000)}\n`), ['YAML_TOO_LARGE 1:1'])
})

test('no message of a syntax error quotes the text, which may hold a secret', () => {
  for (const text of [
    'a: "hunter2\n',
    'a: hunter2: hunter2\n',
    'a: @hunter2\n',
    'a: "\\hunter2"\n',
    '- hunter2\nb: 1\n',
    'a: [hunter2\nb: }',
  ]) {
    for (const { error } of readYaml(text).problems)
      assert.doesNotMatch(`${error.message}${error.remedy}`, /hunter2/)
  }
})

test('any JSON value comes back as it was written', () => {
  const key = fc
    .string({ minLength: 1 })
    .filter((text) => !['<<', 'mode', 'environment', 'labels'].includes(text))
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, false),
      fc.integer(),
      fc.string(),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(key, tie('value'), { maxKeys: 4 }),
    ),
  }))
  fc.assert(
    fc.property(value, (json) => {
      const yaml = readYaml(stringify(json, { version: '1.2', defaultStringType: 'QUOTE_DOUBLE' }))
      assert.deepEqual(yaml.problems, [])
      assert.equal(JSON.stringify(yaml.tree), JSON.stringify(json))
    }),
    { numRuns: 200 },
  )
})
