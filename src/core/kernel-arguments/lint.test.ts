import assert from 'node:assert/strict'
import { test } from 'node:test'
import asked from './fixtures/ironic.json' with { type: 'json' }
import { lintForIronic } from './lint.ts'

const codes = (line: string): readonly string[] => lintForIronic(line).map(({ code }) => code)

test('exactly the command lines that Ironic refuses are refused', () => {
  const wrong = asked.filter(
    ({ line, accepted }) => lintForIronic(line).every(({ severity }) => severity !== 'refuse') !== accepted,
  )
  assert.deepEqual(wrong, [])
  assert.ok(asked.filter(({ accepted }) => accepted).length > 100)
  assert.ok(asked.filter(({ accepted }) => !accepted).length > 100)
})

test('each refusal says which rule of the grammar it is', () => {
  assert.deepEqual(codes('rw $ignition_firstboot'), ['KARG_KEY_REFUSED'])
  assert.deepEqual(codes('foo='), ['KARG_VALUE_EMPTY'])
  assert.deepEqual(codes('foo=é'), ['KARG_VALUE_REFUSED'])
  assert.deepEqual(codes('"foo=a b"'), ['KARG_QUOTES_REFUSED', 'KARG_IPXE_QUOTES'])
  assert.deepEqual(codes('a\tb'), ['KARG_SEPARATOR_REFUSED'])
})

test('an argument that arrives as something else is a warning', () => {
  assert.deepEqual(codes('ks=http://192.0.2.1/${mac}'), ['KARG_VARIABLE'])
  assert.deepEqual(codes('dyndbg="file a +p"'), ['KARG_IPXE_QUOTES'])
  assert.deepEqual(codes('root=UUID=1-2 ostree=/ostree/boot.1/a/b/0 rw'), [])
})
