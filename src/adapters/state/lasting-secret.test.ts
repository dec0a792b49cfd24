import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { lastingSecrets } from './lasting-secret.ts'

test('a lasting secret is the same after a restart, another one for another text or directory, and its key is a file of mode 0600', () => {
  const directories = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'anneal-secret-')))
  try {
    const [one = '', other = ''] = directories
    const first = lastingSecrets(one)
    assert.match(first('task'), /^[0-9a-f]{64}$/)
    assert.equal(lastingSecrets(one)('task'), first('task'))
    assert.notEqual(first('another'), first('task'))
    assert.notEqual(lastingSecrets(other)('task'), first('task'))
    assert.equal(statSync(join(one, 'secret.key')).mode & 0o777, 0o600)
  } finally {
    for (const one of directories) rmSync(one, { recursive: true })
  }
})
