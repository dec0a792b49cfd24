import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pinnedReference } from './pin.ts'

const ID = `sha256:${'1'.repeat(64)}`
const A = `sha256:${'a'.repeat(64)}`
const B = `sha256:${'b'.repeat(64)}`

test('an image of a registry is pinned by the digest it has there', () => {
  const held = { id: ID, repoDigests: [`quay.io/other/x@${B}`, `docker.io/library/nginx@${A}`] }
  assert.equal(pinnedReference('nginx:1.27', held), `nginx@${A}`)
  assert.equal(pinnedReference('quay.io/other/x:1', held), `quay.io/other/x@${B}`)
})

test('an image that only this engine has is pinned by its id', () => {
  assert.equal(pinnedReference('nova-libvirt:1', { id: ID, repoDigests: [] }), ID)
  assert.equal(
    pinnedReference('localhost/anneal/x:1', { id: ID, repoDigests: [`localhost/anneal/x@${A}`] }),
    ID,
  )
  assert.equal(pinnedReference('x:1', { id: ID, repoDigests: [`localhost/x@${A}`] }), ID)
})

test('what is pinned stays', () => {
  assert.equal(pinnedReference(`a/b:1@${A}`, { id: ID, repoDigests: [] }), `a/b@${A}`)
  assert.equal(pinnedReference(ID, { id: ID, repoDigests: [] }), ID)
})
