import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
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

test('a setting behind comments is read', async () => {
  const flags = { state: { kind: 'text', placeholder: 'DIR', help: 'where' } } as const
  const command = {
    path: ['x'],
    summary: '',
    operands: '',
    count: { min: 0, max: 0 },
    flags,
    run: async () => 0 as const,
  }
  const file = configFile('setting.yaml', `${COMMENTS}state: /srv\n`)
  assert.deepEqual(await readConfig(file, async () => [command]), { state: '/srv' })
})
