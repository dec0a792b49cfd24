import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SYSTEM_PATH, searchPath } from './index.ts'

test('an ordinary user’s PATH comes first, and sbin is there', () => {
  assert.equal(searchPath('/usr/local/bin:/usr/bin'), `/usr/local/bin:/usr/bin:${SYSTEM_PATH}`)
  assert.match(searchPath('/bin'), /:\/usr\/sbin:/)
})

test('without a PATH no empty part is searched, which would be the current directory', () => {
  assert.equal(searchPath(''), SYSTEM_PATH)
  assert.doesNotMatch(searchPath(''), /^:|::|:$/)
})
