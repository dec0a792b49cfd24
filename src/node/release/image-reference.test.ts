import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatImageReference, fullImageName, isPinned, parseImageReference } from './image-reference.ts'

const D = `sha256:${'0123456789abcdef'.repeat(4)}`

test('references are read in each form', () => {
  assert.deepEqual(parseImageReference('nova-libvirt'), { kind: 'tag', name: 'nova-libvirt', tag: undefined })
  assert.deepEqual(parseImageReference('reg.example:5000/a/b_c.d-e:v1.2'), {
    kind: 'tag',
    name: 'reg.example:5000/a/b_c.d-e',
    tag: 'v1.2',
  })
  assert.deepEqual(parseImageReference(`a/b:1@${D}`), { kind: 'digest', name: 'a/b', tag: '1', digest: D })
  assert.deepEqual(parseImageReference(D), { kind: 'id', id: D })
  assert.deepEqual(parseImageReference(D.slice(7)), { kind: 'id', id: D })
})

test('an invalid reference is reported', () => {
  for (const text of [
    '',
    'Upper',
    'a b',
    'a:',
    'a@sha256:12',
    'a//b',
    '-a',
    'a:b:c',
    'http://a/b',
    `a@md5:${'0'.repeat(32)}`,
    '../a',
  ]) {
    assert.equal(parseImageReference(text), undefined, text)
  }
})

test('a tag beside a digest is dropped, for it does not say what runs', () => {
  const reference = parseImageReference(`a/b:1@${D}`)
  assert.ok(reference)
  assert.equal(formatImageReference(reference), `a/b@${D}`)
})

test('only digests and ids are pinned', () => {
  assert.deepEqual(
    [`a@${D}`, D, 'a:1', 'a', 'a:latest', ''].map((image) => isPinned(image)),
    [true, true, false, false, false, false],
  )
})

test('names are compared with what they imply written out', () => {
  assert.equal(fullImageName('nginx'), 'docker.io/library/nginx')
  assert.equal(fullImageName('kolla/nova-libvirt'), 'docker.io/kolla/nova-libvirt')
  assert.equal(fullImageName('docker.io/nginx'), 'docker.io/library/nginx')
  assert.equal(fullImageName('localhost/anneal/base'), 'localhost/anneal/base')
  assert.equal(fullImageName('quay.io/a/b'), 'quay.io/a/b')
  assert.equal(fullImageName('host:5000/b'), 'host:5000/b')
})
