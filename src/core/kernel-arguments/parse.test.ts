import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { isAnnealError } from '../errors.ts'
import {
  formatKernelCommandLine,
  isSameKey,
  kernelArgument,
  parseKernelArgument,
  parseKernelCommandLine,
} from './parse.ts'

const pairs = (line: string): readonly (readonly [string, string | undefined])[] =>
  parseKernelCommandLine(line).arguments.map(({ key, value }) => [key, value] as const)

test('arguments are separated by white space outside of quotes, as next_arg() does', () => {
  assert.deepEqual(pairs(' root=UUID=1  rw\tquiet\n'), [
    ['root', 'UUID=1'],
    ['rw', undefined],
    ['quiet', undefined],
  ])
  assert.deepEqual(pairs('dyndbg="file a +p; file b +p" x'), [
    ['dyndbg', 'file a +p; file b +p'],
    ['x', undefined],
  ])
})

test('the quotes that the kernel removes are removed, and no others', () => {
  assert.deepEqual(pairs('"a=b c"'), [['a', 'b c']])
  assert.deepEqual(pairs('"a"'), [['a', undefined]])
  assert.deepEqual(pairs('a="b"'), [['a', 'b']])
  assert.deepEqual(pairs('a=b"c d"e'), [['a', 'b"c d"e']])
  assert.deepEqual(pairs('a="b"c'), [['a', 'b"c']])
  assert.deepEqual(pairs('a="b c'), [['a', 'b c']])
  assert.deepEqual(pairs('a= =b =c=d'), [
    ['a', ''],
    ['=b', undefined],
    ['=c', 'd'],
  ])
})

test('what is behind -- belongs to init', () => {
  const line = parseKernelCommandLine('quiet --  single x=y')
  assert.deepEqual(
    line.arguments.map(({ text }) => text),
    ['quiet'],
  )
  assert.equal(line.init, 'single x=y')
  assert.equal(formatKernelCommandLine(line), 'quiet -- single x=y')
})

test('an argument reads back as it was written', () => {
  const value = fc.string({ unit: fc.constantFrom('a', ' ', '=', '-', ',', '/', "'", '\\') })
  fc.assert(
    fc.property(value, (text) => {
      const { arguments: found } = parseKernelCommandLine(kernelArgument('key', text).text)
      assert.deepEqual(
        found.map((one) => [one.key, one.value]),
        [['key', text]],
      )
    }),
  )
})

test('formatting and parsing again changes nothing', () => {
  const line = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '=', '"', '-', '\t', '--') })
  fc.assert(
    fc.property(line, (text) => {
      const once = parseKernelCommandLine(text)
      assert.deepEqual(parseKernelCommandLine(formatKernelCommandLine(once)).arguments, once.arguments)
    }),
  )
})

test('more or less than one argument is refused as one', () => {
  for (const text of ['', 'a b', 'a -- b', '--', 'a --']) {
    assert.throws(
      () => parseKernelArgument(text),
      (error) => isAnnealError(error, 'KERNEL_ARGUMENT_MALFORMED'),
    )
  }
  assert.throws(
    () => kernelArgument('a', 'say "b"'),
    (error) => isAnnealError(error, 'KERNEL_ARGUMENT_UNQUOTABLE'),
  )
})

test('keys are the same with - for _', () => {
  assert.ok(isSameKey('nvme-core.io_timeout', 'nvme_core.io-timeout'))
  assert.ok(!isSameKey('root', 'rootfstype'))
})
