import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LAB_COMMANDS } from '../../lab/commands.ts'
import { COMMANDS as PRODUCT, loadCommands } from '../../src/cli/commands.ts'
import { helpText } from '../../src/cli/help.ts'

const WIDTH = 80
const ENTRIES = [...PRODUCT, ...LAB_COMMANDS]
const COMMANDS = await loadCommands(ENTRIES)

function tooWide(text: string): readonly string[] {
  return text.split('\n').filter((line) => line.length > WIDTH)
}

/** `anneal`, `anneal node`, `anneal node plan`, …: whatever --help can be asked of. */
const paths = new Map(
  COMMANDS.flatMap(({ path }) =>
    [...path.keys(), path.length].map((length) => {
      const words = path.slice(0, length)
      return [words.join(' '), words] as const
    }),
  ),
)

for (const [name, path] of paths) {
  test(`the help of "${['anneal', name].join(' ').trim()}" fits ${WIDTH} columns and says something`, () => {
    const text = helpText(path, COMMANDS)
    assert.deepEqual(tooWide(text), [])
    assert.match(text, /^usage: anneal /)
    assert.ok(text.endsWith('\n') && !/undefined|\[object/.test(text), text)
  })
}

test('a command is loaded under the name that it has', () => {
  assert.deepEqual(
    ENTRIES.map(({ path }) => path),
    COMMANDS.map(({ path }) => path),
  )
})

test('every command is named in the help of its group', () => {
  for (const { path } of COMMANDS) {
    const group = helpText(path.slice(0, -1), COMMANDS)
    assert.ok(group.includes(`  ${path.at(-1)}`), path.join(' '))
  }
})

test('a flag that does not fit is found', () => {
  const [command] = COMMANDS
  assert.ok(command)
  const flag = 'f'.repeat(WIDTH)
  const wide = { ...command, flags: { [flag]: { kind: 'switch', help: 'too long' } } } as const
  assert.deepEqual(tooWide(helpText(command.path, [wide])), [`  --${flag}`])
})
