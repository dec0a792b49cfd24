import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { isAnnealError } from '../core/index.ts'
import { COMMANDS, loadCommands } from './commands.ts'
import { configExample, readConfig } from './config.ts'
import { parseCommand } from './parse.ts'

const dir = mkdtempSync(join(tmpdir(), 'anneal-config-'))
after(() => rmSync(dir, { recursive: true, force: true }))

function configFile(name: string, text: string): string {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}

const COMMENTS = '# Settings\n#\n\n  # engine: podman\n'

test('a file of comments has no settings, and the reader of YAML is not loaded for it', () => {
  const script = `
    import { registerHooks } from 'node:module'
    registerHooks({ resolve(specifier, context, next) { if (specifier === 'yaml') console.log('yaml'); return next(specifier, context) } })
    const { readConfig } = await import(process.argv[1])
    console.log(JSON.stringify(await readConfig(process.argv[2], async () => [])))`
  const read = (file: string): string => {
    const argv = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script]
    return spawnSync(process.execPath, [...argv, join(import.meta.dirname, 'config.ts'), file], {
      encoding: 'utf8',
    }).stdout
  }
  assert.equal(read(configFile('comments.yaml', COMMENTS)), '{}\n')
  assert.equal(read(configFile('empty.yaml', '---\n')), 'yaml\n{}\n')
})

const COMMAND = {
  path: ['x'],
  summary: '',
  operands: '',
  count: { min: 0, max: 0 },
  flags: {
    state: { kind: 'text', placeholder: 'DIR', help: 'where' },
    subnet: { kind: 'list', placeholder: 'NET/LEN', help: 'which' },
  },
  run: async () => 0 as const,
} as const

const read = (name: string, text: string): Promise<unknown> =>
  readConfig(configFile(name, text), async () => [COMMAND])

test('a setting behind comments is read', async () => {
  assert.deepEqual(await read('setting.yaml', `${COMMENTS}state: /srv\n`), { state: '/srv' })
})

test('one text is a list of one; other values in a list are refused', async () => {
  assert.deepEqual(await read('one.yaml', 'subnet: 10.77.1.0/24\n'), { subnet: ['10.77.1.0/24'] })
  assert.deepEqual(await read('two.yaml', 'subnet: [10.77.1.0/24, 10.78.1.0/24]\n'), {
    subnet: ['10.77.1.0/24', '10.78.1.0/24'],
  })
  for (const text of ['subnet: {a: b}\n', 'subnet: [[a]]\n', 'state: [a]\n']) {
    await assert.rejects(read('bad.yaml', text), (error) => isAnnealError(error, 'CONFIG_INVALID'))
  }
})

test('a number, a date and a version are texts as they stand there', async () => {
  for (const text of ['16', '1.10', '0x10', '2026-11-30', '"16"', '010']) {
    assert.deepEqual(await read('number.yaml', `state: ${text}\n`), { state: text.replaceAll('"', '') })
  }
})

test('a mistyped setting is refused with the nearest one', async () => {
  await assert.rejects(
    read('typo.yaml', 'stat: /srv\n'),
    (error) => isAnnealError(error, 'CONFIG_INVALID') && error.message.includes('did you mean "state"?'),
  )
})

test('every setting of the example is accepted as it stands there', async () => {
  const commands = await loadCommands(COMMANDS)
  const example = configExample(commands).replace(/^# (\S+: )/gm, '$1')
  const settings = await readConfig(configFile('example.yaml', example), async () => commands)
  assert.ok(Object.keys(settings).length > 20)
  for (const command of commands) {
    const own = Object.fromEntries(Object.entries(settings).filter(([name]) => name in command.flags))
    const operands = Array.from({ length: command.count.min }, () => 'x')
    assert.doesNotThrow(() => parseCommand(command, operands, {}, own), command.path.join(' '))
  }
})
