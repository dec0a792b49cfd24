import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import manifest from '../../../package.json' with { type: 'json' }
import { ROOT } from '../../../scripts/source/index.ts'

/** The npm tarball, from its packing until an ordinary user runs it out of an empty folder. */
const run = promisify(execFile)
const MAX_BYTES = 1_500_000

describe('the npm tarball', () => {
  let dir = ''
  let tarball = ''
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'anneal-npm-'))
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', dir], { cwd: ROOT })
    const [packed] = JSON.parse(stdout.slice(stdout.indexOf('['))) as readonly {
      filename: string
      size: number
    }[]
    assert.ok(packed)
    assert.ok(packed.size < MAX_BYTES, `${packed.size} bytes`)
    tarball = join(dir, packed.filename)
  })
  after(() => rm(dir, { recursive: true, force: true }))

  it('holds the program as JavaScript and no test, and leaves nothing behind in the sources', async () => {
    const { stdout } = await run('tar', ['--list', '--file', tarball])
    const paths = stdout.trim().split('\n')
    for (const path of ['anneal', 'lib/cli/main.js', 'images/images.json', 'man/man1/anneal.1']) {
      assert.ok(paths.includes(`package/${path}`), path)
    }
    assert.deepEqual(
      paths.filter((path) => /\.ts$|\.test\.|\/(fixtures|testing|test|lab|scripts)\//.test(path)),
      [],
    )
    assert.deepEqual(
      (await readdir(ROOT)).filter((name) => name === 'lib' || name === 'man'),
      [],
    )
  })

  it('runs by npx for an ordinary user in an empty folder', async () => {
    const home = join(dir, 'home')
    const empty = join(dir, 'empty')
    for (const folder of [home, empty]) await mkdir(folder)
    const isRoot = process.getuid?.() === 0
    if (isRoot) await run('chown', ['--recursive', '1000:1000', dir])
    const env = { ...process.env, HOME: home, XDG_CACHE_HOME: home, npm_config_cache: join(home, '.npm') }
    const npx = async (...words: readonly string[]): Promise<string> => {
      const argv = ['npx', '--yes', '--package', tarball, 'anneal', ...words]
      const options = { cwd: empty, env }
      const started = isRoot
        ? run('setpriv', ['--reuid=1000', '--regid=1000', '--clear-groups', ...argv], options)
        : run('env', argv, options)
      return (await started).stdout
    }
    assert.equal(await npx('--version'), `anneal ${manifest.version}\n`)
    // The version may be told without Node, a completion not.
    assert.match(await npx('completion', 'fish'), /^# fish completion of anneal/)
    assert.deepEqual(await readdir(empty), [])
  })
})
