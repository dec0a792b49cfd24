import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { changedFiles, ownTests } from './changed-files.ts'

test('changed and new files are found, and the tests beside them', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'anneal-changed-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const git = (...argv: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@localhost', ...argv], { cwd: root })
  const write = (path: string, text: string) => writeFileSync(join(root, path), text)
  mkdirSync(join(root, 'src'))
  for (const name of ['kept.ts', 'kept.test.ts', 'edited.ts', 'edited.test.ts', 'gone.ts'])
    write(`src/${name}`, '1\n')
  git('init', '-q')
  git('add', '.')
  git('commit', '-qm', 'first')
  write('src/edited.ts', '2\n')
  write('src/new one.test.ts', '1\n')
  rmSync(join(root, 'src/gone.ts'))

  const changed = changedFiles(root)
  assert.deepEqual(changed, ['src/edited.ts', 'src/new one.test.ts'])
  assert.deepEqual(ownTests(changed, root), ['src/edited.test.ts', 'src/new one.test.ts'])
})
