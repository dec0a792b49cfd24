import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { PassedBefore } from './passed-before.ts'

const FILES = {
  'a/one.test.ts': `import './one.ts'`,
  'a/one.ts': `import { two } from '../b/index.ts'; new URL('thread.ts', import.meta.url)`,
  'a/thread.ts': `import fs from 'node:fs'`,
  'b/index.ts': `export * from './two.ts'`,
  'b/two.ts': `export const two = 2`,
  'b/two.test.ts': `import './two.ts'; read('docs/page.md')`,
  'docs/page.md': 'A page.',
  'docs/other.md': 'Another.',
  'fixtures/disk.img': 'bytes',
}

type Project = Readonly<
  { root: string; memory: () => PassedBefore; write: (path: string, text: string) => void } & Disposable
>

function project(): Project {
  const root = mkdtempSync(join(tmpdir(), 'anneal-passed-'))
  execFileSync('git', ['init', '--quiet', root])
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  for (const [path, text] of Object.entries(FILES)) write(path, text)
  return {
    root,
    memory: () => new PassedBefore(join(root, '.git/passed.json'), `${root}/`),
    write,
    [Symbol.dispose]: () => rmSync(root, { recursive: true }),
  }
}

describe('test files that passed before', () => {
  for (const [changed, ...again] of [
    ['nothing'],
    ['a/one.test.ts', 'a/one.test.ts'],
    ['a/thread.ts', 'a/one.test.ts'],
    ['b/two.ts', 'a/one.test.ts', 'b/two.test.ts'],
    ['docs/page.md', 'b/two.test.ts'],
    ['docs/other.md'],
    ['fixtures/disk.img', 'a/one.test.ts', 'b/two.test.ts'],
    ['fixtures/new.img', 'a/one.test.ts', 'b/two.test.ts'],
  ] as const) {
    test(`a change of ${changed} runs ${again.join(' and ') || 'nothing'} again`, () => {
      using made = project()
      const paths = ['a/one.test.ts', 'b/two.test.ts'].map((path) => join(made.root, path))
      made.memory().add(paths)
      if (changed !== 'nothing') made.write(changed, 'changed')
      const memory = made.memory()
      assert.deepEqual(
        paths.filter((path) => !memory.has(path)),
        again.map((path) => join(made.root, path)),
      )
    })
  }

  test('a file that was never run has not passed, and what passed stays known beside others', () => {
    using made = project()
    const [one = '', two = ''] = ['a/one.test.ts', 'b/two.test.ts'].map((path) => join(made.root, path))
    assert.equal(made.memory().has(one), false)
    made.memory().add([one])
    made.memory().add([two])
    assert.equal(made.memory().has(one), true)
  })
})
