import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { isAnnealError } from '../core/index.ts'
import { readConfig } from './config.ts'

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
  for (const text of ['subnet: 10\n', 'subnet: [10]\n', 'subnet: {a: b}\n', 'state: [a]\n']) {
    await assert.rejects(read('bad.yaml', text), (error) => isAnnealError(error, 'CONFIG_INVALID'))
  }
})
