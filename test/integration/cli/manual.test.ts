import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { ROOT } from '../../../scripts/source/index.ts'

/** The pages of the manual, read by the two programs that people read them with: mandoc, and man with groff. */
const run = promisify(execFile)

function isThere(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
}

describe('the manual', () => {
  let dir = ''
  let pages: readonly string[] = []
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'anneal-manual-'))
    await run(process.execPath, [join(ROOT, 'scripts/manual.ts'), dir])
    const man = await readdir(join(dir, 'man'), { recursive: true })
    pages = man.filter((name) => /\.\d$/.test(name)).map((name) => join(dir, 'man', name))
    assert.ok(pages.length > 40, `only ${pages.length} pages`)
  })
  after(() => rm(dir, { recursive: true, force: true }))

  /** What mandoc complains of; it also looks for the pages that are referred to. */
  async function complaints(files: readonly string[]): Promise<string> {
    const env = { ...process.env, MANPATH: join(dir, 'man') }
    const result = await run('mandoc', ['-T', 'lint', '-W', 'warning', ...files], { env }).catch(
      (error: { stdout?: string }) => ({ stdout: error.stdout ?? JSON.stringify(error) }),
    )
    return result.stdout.replaceAll(`${dir}/`, '')
  }

  const noMandoc = isThere('mandoc') ? false : 'needs mandoc'
  it('has no error and no warning for mandoc', { skip: noMandoc }, async () => {
    assert.equal(await complaints(pages), '')
  })

  it('mandoc reports a page with a mistake', { skip: noMandoc }, async () => {
    const broken = join(dir, 'broken.1')
    await appendFile(
      broken,
      '.TH BROKEN 1 2026-01-01\n.SH NAME\nbroken \\- x\n.SH DESCRIPTION\n.RS\n.nf\nx\n.RE\n.RE\n',
    )
    assert.match(await complaints([broken]), /broken\.1:\d+:\d+: (WARNING|ERROR)/)
  })

  const noMan = isThere('man') && isThere('groff') ? false : 'needs man-db and groff-base'
  it('is shown by man, without a complaint of groff', { skip: noMan }, async () => {
    const env = { ...process.env, LC_ALL: 'C.UTF-8', MANWIDTH: '80', MAN_KEEP_FORMATTING: '' }
    for (const page of pages) {
      const { stdout, stderr } = await run('man', ['--warnings', '--local-file', page], { env })
      assert.equal(stderr, '', page)
      assert.match(stdout, /^NAME\n {7}anneal/m, page)
    }
  })
})
