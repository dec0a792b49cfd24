import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command } from './command.ts'
import { parseCommand } from './parse.ts'

const shell = command({
  path: ['lab', 'shell'],
  summary: 'Run a command',
  operands: '[COMMAND…]',
  count: { min: 0, max: 10 },
  passesOn: true,
  flags: {
    lab: { kind: 'text', placeholder: 'NAME', help: 'Name the lab', was: 'name' },
    argument: { kind: 'list', placeholder: 'ARG', help: 'Add an argument', was: 'arg' },
  },
  run: async () => 0,
})

const parse = (...argv: string[]) => parseCommand(shell, argv, {}, {})

test('a command that passes its operands on does not read their flags', () => {
  const { flags, args } = parse('--lab', 'one', 'ls', '-l', '--lab', 'two', '--', 'x')
  assert.deepEqual(args, ['ls', '-l', '--lab', 'two', '--', 'x'])
  assert.equal(flags['lab'], 'one')
})

test('a command that passes its operands on may have -- before them', () => {
  assert.deepEqual(parse('--lab=one', '--', 'ls', '-l').args, ['ls', '-l'])
})

test('a command that passes its operands on refuses a flag before them that it does not know', () => {
  assert.throws(() => parse('--nope', 'ls'), { code: 'USAGE' })
})

test('a list holds what was given under both names', () => {
  assert.deepEqual(parse('--argument', 'b', '--arg', 'a').flags['argument'], ['a', 'b'])
})

test('the new name of a flag wins over its earlier one', () => {
  assert.equal(parse('--name', 'old', '--lab', 'new').flags['lab'], 'new')
})
