import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAnnealError } from '../core/index.ts'
import { loadCommand } from './load-command.ts'

test('a package that is missing is named, with what to do', async () => {
  const name: string = 'no-such-package-anywhere'
  const load = loadCommand('node status', async () => (await import(name)) as never)
  await assert.rejects(
    load,
    (error) =>
      isAnnealError(error, 'PACKAGES_INCOMPLETE') &&
      error.message === 'Cannot run "anneal node status": "no-such-package-anywhere" is not installed',
  )
})

test('another failure to load is not taken for that', async () => {
  const load = loadCommand('node status', () => Promise.reject(new TypeError('broken')))
  await assert.rejects(load, TypeError)
})
