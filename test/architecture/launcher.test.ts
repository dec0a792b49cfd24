import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { LAB_COMMANDS } from '../../lab/commands.ts'
import { ROOT } from '../../scripts/source/index.ts'
import { COMMANDS, LAB_GROUP, loadCommands } from '../../src/cli/commands.ts'
import { helpText } from '../../src/cli/help.ts'

const FILES = ['anneal', 'package.json', 'package-lock.json', 'docs/commands.md']
/** A machine with the programs of a minimal Debian, and neither Node nor npm. */
const PATH = '/nowhere'
const PROGRAMS = ['sh', 'sed', 'readlink', 'dirname']

let fresh = ''
before(() => {
  fresh = mkdtempSync(join(tmpdir(), 'anneal-launcher-'))
  for (const folder of ['docs', 'bin']) mkdirSync(join(fresh, folder))
  for (const file of FILES) copyFileSync(join(ROOT, file), join(fresh, file))
  for (const program of PROGRAMS) {
    const { stdout } = spawnSync('/bin/sh', ['-c', `command -v ${program}`], { encoding: 'utf8' })
    copyFileSync(stdout.trim(), join(fresh, 'bin', program))
  }
})
after(() => rmSync(fresh, { recursive: true, force: true }))

/** The launcher of a checkout in which nothing was installed yet. */
function launch(...argv: string[]): Readonly<{ status: number | null; stdout: string; stderr: string }> {
  return spawnSync('/bin/sh', [join(fresh, 'anneal'), ...argv], {
    encoding: 'utf8',
    env: { PATH: `${join(fresh, 'bin')}:${PATH}` },
  })
}

test('the launcher prints help before anything is installed: of anneal, of groups and of commands', async () => {
  const product = await loadCommands(COMMANDS)
  const lab = await loadCommands(LAB_COMMANDS)
  assert.equal(launch('--help').stdout, helpText([], product, [LAB_GROUP]))
  for (const [commands, ...words] of [
    [product, 'image'],
    [product, 'image', 'convert'],
    [product, 'node', 'kill-set'],
    [product, 'completion'],
    [lab, 'lab', 'host'],
    [lab, 'lab', 'host', 'up'],
  ] as const) {
    const { status, stdout, stderr } = launch(...words, '--help')
    assert.equal(status, 0, stderr)
    assert.equal(stdout, helpText(words, commands), words.join(' '))
  }
})

test('the name of a command may have digits', () => {
  const page = join(fresh, 'docs/commands.md')
  const text = readFileSync(page, 'utf8')
  writeFileSync(page, `${text}\n## anneal image md5\n\n\`\`\`text\nusage: anneal image md5\n\`\`\`\n`)
  const { stdout } = launch('image', 'md5', '--help')
  writeFileSync(page, text)
  assert.equal(stdout, 'usage: anneal image md5\n')
})

test('the launcher without arguments prints the help to standard error and fails', () => {
  const { status, stdout, stderr } = launch()
  assert.deepEqual([status, stdout], [2, ''])
  assert.match(stderr, /^usage: anneal /)
})

test('the launcher prints the version before anything is installed', () => {
  assert.match(launch('--version').stdout, /^anneal \d+\.\d+\.\d+\n$/)
})

test('the launcher leaves to the program whatever is not the help of a command', () => {
  for (const argv of [
    ['node', 'launch', '--help'],
    ['lab', 'host', 'shell', 'node1', 'ls', '--help'],
    ['lab', 'shell', 'ls', '--help'],
    ['node', 'import', '--', 'docker', 'run', '--help'],
  ]) {
    const { status, stderr } = launch(...argv)
    assert.equal(status, 8)
    assert.match(stderr, /^error: Cannot start anneal: its packages are not installed/)
  }
})

test('the help of anneal names the test bed', () => {
  assert.match(launch('--help').stdout, /^ {2}lab … /m)
})
