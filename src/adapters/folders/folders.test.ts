import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeFolder, makeFolderSync } from './index.ts'

const directory = mkdtempSync(join(tmpdir(), 'anneal-folders-'))
after(() => rmSync(directory, { recursive: true }))

const FORMS = {
  makeFolder,
  makeFolderSync: async (...given: Parameters<typeof makeFolderSync>) => makeFolderSync(...given),
}

for (const [name, make] of Object.entries(FORMS)) {
  test(`${name} makes a directory and those above it, with their mode, and takes one that is there`, async () => {
    const path = join(directory, name, 'a/b')
    await make(path, { mode: 0o700 })
    await make(path)
    await make(`${path}/`)
    assert.deepEqual(
      [path, join(path, '..')].map((one) => statSync(one).mode & 0o777),
      [0o700, 0o700],
    )
  })

  test(`${name} ends where the system makes no directory, and says why`, async () => {
    writeFileSync(join(directory, `${name}-file`), '')
    await assert.rejects(make(join(directory, `${name}-file`)), { code: 'EEXIST' })
    await assert.rejects(make(join(directory, `${name}-file/x`)), { code: 'ENOTDIR' })
    symlinkSync(join(directory, 'nowhere'), join(directory, `${name}-link`))
    await assert.rejects(make(join(directory, `${name}-link/x`)), { code: 'EEXIST' })
  })
}
