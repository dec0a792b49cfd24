import assert from 'node:assert/strict'
import { test } from 'node:test'
import asked from './fixtures/ironic.json' with { type: 'json' }
import { changedByIpxe } from './ipxe.ts'
import { lintForIronic } from './lint.ts'
import type { IronicRules } from './lint.ts'

const codes = (line: string, rules?: IronicRules): readonly string[] =>
  lintForIronic(line, rules).map(({ code }) => code)

const accepts = (line: string, rules?: IronicRules): boolean =>
  lintForIronic(line, rules).every(({ severity }) => severity !== 'refuse')

for (const rules of ['upTo29', 'from35'] as const) {
  test(`exactly the command lines that Ironic refuses are refused, ${rules}`, () => {
    const wrong = asked.filter((one) => accepts(one.line, rules) !== one[rules])
    assert.deepEqual(wrong, [])
    assert.ok(asked.filter((one) => one[rules]).length > 100)
    assert.ok(asked.filter((one) => !one[rules]).length > 100)
  })
}

test('where it is not known which Ironic it is, what either refuses is refused', () => {
  assert.deepEqual(
    asked.filter((one) => accepts(one.line) !== (one.upTo29 && one.from35)),
    [],
  )
})

test('arguments of init are held to the rules of 35 and newer', () => {
  assert.deepEqual(codes('a -- "b', 'upTo29'), [])
  assert.deepEqual(codes('a -- "b', 'from35'), ['KARG_INIT_REFUSED'])
  assert.deepEqual(codes('a -- é'), ['KARG_INIT_REFUSED'])
  assert.deepEqual(codes('a -- x -- y'), ['KARG_INIT_MOVED'])
  assert.deepEqual(codes('a -- x="y z"', 'from35'), ['KARG_INIT_MOVED'])
})

test('each refusal says which rule of the grammar it is', () => {
  assert.deepEqual(codes('rw $ignition_firstboot'), ['KARG_KEY_REFUSED'])
  assert.deepEqual(codes('foo='), ['KARG_VALUE_EMPTY'])
  assert.deepEqual(codes('foo=é'), ['KARG_VALUE_REFUSED'])
  assert.deepEqual(codes('"foo=a b"'), ['KARG_QUOTES_REFUSED'])
  assert.deepEqual(codes('a\tb'), ['KARG_SEPARATOR_REFUSED'])
})

test('an argument that arrives as something else is a warning', () => {
  assert.deepEqual(codes('ks=http://192.0.2.1/${mac}'), ['KARG_VARIABLE', 'KARG_IPXE_CHANGED'])
  assert.deepEqual(codes('dyndbg="file a +p"'), [])
  assert.deepEqual(codes('dyndbg="file  a +p"'), ['KARG_IPXE_CHANGED'])
  assert.deepEqual(codes('root=UUID=1-2 ostree=/ostree/boot.1/a/b/0 rw'), [])
})

test('what iPXE would make of a command line is said, and nothing where the kernel gets it as it is', () => {
  for (const line of ['a="b c" d', 'a=b;c a=b&&c x=#1', "a='b c' d\\e", 'a$ $b ${', 'a  b']) {
    assert.equal(changedByIpxe(line), undefined, line)
  }
  const changed = {
    'a=${net0/mac}': /setting/,
    'a ; b': /“;” ends/,
    'a -- #b': /“#b” ends/,
    'a || b': /ends/,
  }
  for (const [line, why] of Object.entries(changed)) assert.match(changedByIpxe(line) ?? '', why)
  assert.match(changedByIpxe('a "b  c"') ?? '', /become one/)
  assert.match(changedByIpxe('a -- x="b  c"') ?? '', /become one/)
  assert.match(changedByIpxe('a=b\\') ?? '', /backslash/)
})
