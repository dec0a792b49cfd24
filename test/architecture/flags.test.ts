import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LAB_COMMANDS } from '../../lab/commands.ts'
import type { Command, FlagSpec } from '../../src/cli/command.ts'
import { loadCommands } from '../../src/cli/commands.ts'
import { helpText } from '../../src/cli/help.ts'
import { parseCommand } from '../../src/cli/parse.ts'

const COMMANDS = await loadCommands()

/** Flags whose value is another thing on some commands, each with the reason. */
const OF_SEVERAL_KINDS: Readonly<Record<string, string>> = {
  output: 'the directory of several results, or the file of one; always where the results go',
}

type Use = Readonly<{ command: Command; name: string; spec: FlagSpec }>

const USES: readonly Use[] = COMMANDS.flatMap((command) =>
  Object.entries(command.flags).map(([name, spec]) => ({ command, name, spec })),
)

/** What a person has to know to use a flag; its summary may name what the command does with it. */
function shapeOf({ spec }: Use): object {
  const { help: _, flagOnly: __, ...shape } = spec
  return shape
}

function shapesOf(uses: readonly Use[]): ReadonlyMap<string, ReadonlySet<string>> {
  const shapes = new Map<string, Set<string>>()
  for (const use of uses) {
    shapes.set(use.name, (shapes.get(use.name) ?? new Set()).add(JSON.stringify(shapeOf(use))))
  }
  return shapes
}

test('a flag has the same form on every command', () => {
  const several = [...shapesOf(USES)].flatMap(([name, shapes]) => (shapes.size > 1 ? [name] : []))
  assert.deepEqual(several, Object.keys(OF_SEVERAL_KINDS))
})

test('a flag of two forms is found', () => {
  const [use] = USES
  assert.ok(use)
  const other = { ...use, spec: { kind: 'switch', help: 'x' } } as const
  assert.equal(shapesOf([use, other]).get(use.name)?.size, 2)
})

test('a short form stands for one flag only', () => {
  const names = new Map<string, Set<string>>()
  for (const { name, spec } of USES) {
    if (spec.short !== undefined) names.set(spec.short, (names.get(spec.short) ?? new Set()).add(name))
  }
  for (const [short, flags] of names) assert.equal(flags.size, 1, `-${short}: ${[...flags].join(', ')}`)
})

for (const { command, name, spec } of USES) {
  const { was } = spec
  if (was === undefined) continue
  test(`"anneal ${command.path.join(' ')}" accepts --${was} for --${name}, and does not show it`, () => {
    const operands = Array.from({ length: command.count.min }, () => 'operand')
    const parse = (flag: string, config = {}): unknown =>
      parseCommand(command, [...operands, ...(flag === '' ? [] : [flag, 'value'])], {}, config).flags[name]
    assert.equal(parse(`--${was}`), 'value')
    assert.equal(parse(`--${name}`), 'value')
    assert.equal(parse('', { [was]: 'from the configuration file' }), 'from the configuration file')
    assert.ok(!helpText(command.path, [command]).includes(was))
    assert.ok(!(was in command.flags), 'the earlier name is free')
  })
}

test('every command that opens an image has the flags for that, and their earlier name', () => {
  const opening = COMMANDS.filter(({ operands }) => operands.startsWith('IMAGE'))
  assert.ok(opening.length >= 6)
  for (const { path, flags } of opening) {
    for (const flag of ['files-in', 'temporary']) assert.ok(flag in flags, path.join(' '))
    assert.equal(flags['files-in']?.was, 'files-from', path.join(' '))
  }
})

/** Commands that have nothing to try out first, each with the reason. */
const WITHOUT: Readonly<Record<string, string>> = {
  'image inspect': 'reads',
  'image ls': 'reads',
  'image cat': 'reads',
  'image list': 'reads',
  'metal status': 'reads',
  'metal watch': 'reads',
  'metal console': 'reads; Ironic’s console is switched on for that, and nothing of the machine changes',
  'metal serve': 'serves; each change is asked for by a command of its own',
  'node import': 'prints a file',
  'node doctor': 'reads',
  'node kill-set': 'reads',
  'node plan': 'is the dry run of `node upgrade`',
  'node status': 'reads',
  'node history': 'reads',
  config: 'prints a file',
  completion: 'prints a script',
}

test('every command that changes something has --dry-run, as -n', () => {
  const without = COMMANDS.filter(({ flags }) => flags['dry-run']?.short !== 'n')
  assert.deepEqual(without.map(({ path }) => path.join(' ')).toSorted(), Object.keys(WITHOUT).toSorted())
})

/** Commands of the test bed: what they make is removed by those that have a dry run. */
const LAB_WITHOUT: Readonly<Record<string, string>> = {
  'lab up': 'starts a lab, which `lab down` removes',
  'lab nodes': 'reads',
  'lab console': 'attaches a terminal',
  'lab env': 'prints variables',
  'lab shell': 'runs a command of the caller',
  'lab host up': 'starts a host, which `lab host down` removes',
  'lab host shell': 'runs a command of the caller',
  'lab status': 'reads',
  'lab images': 'builds images, which `lab clean` removes',
}

test('every command of the test bed that removes something has --dry-run, as -n', async () => {
  const commands = await Promise.all(LAB_COMMANDS.map(({ load }) => load()))
  const without = commands.filter(({ flags }) => flags['dry-run']?.short !== 'n')
  assert.deepEqual(without.map(({ path }) => path.join(' ')).toSorted(), Object.keys(LAB_WITHOUT).toSorted())
})
