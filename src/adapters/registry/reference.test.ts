import assert from 'node:assert/strict'
import { test } from 'node:test'

import { isAnnealError } from '../../core/index.ts'
import { isPinnedAmong, parseReference } from './reference.ts'

const digest = `sha256:${'a'.repeat(64)}`

test('a reference is taken apart the way Docker does', () => {
  const parts = (image: string) => Object.values(parseReference(image))
  assert.deepEqual(parts('nginx'), ['docker.io', 'library/nginx', undefined, undefined])
  assert.deepEqual(parts('team/app:1.2'), ['docker.io', 'team/app', '1.2', undefined])
  assert.deepEqual(parts(`quay.io/team/app:v1@${digest}`), ['quay.io', 'team/app', 'v1', digest])
  assert.deepEqual(parts('127.0.0.1:5000/a/b'), ['127.0.0.1:5000', 'a/b', undefined, undefined])
  assert.deepEqual(parts('localhost/app:1'), ['localhost', 'app', '1', undefined])
  assert.deepEqual(parts('index.docker.io/library/nginx'), [
    'docker.io',
    'library/nginx',
    undefined,
    undefined,
  ])
})

test('an invalid reference is refused with the reason', () => {
  for (const image of [
    '',
    'Upper/case',
    'a@sha256:12',
    `a@${digest}@${digest}`,
    'a:tag with space',
    'a//b',
    'a/../b',
  ]) {
    assert.throws(
      () => parseReference(image),
      (error) => isAnnealError(error, 'IMAGE_REFERENCE_INVALID'),
      image,
    )
  }
})

test('an image is the pinned one under whatever spelling the engine has', () => {
  const asked = parseReference(`nginx@${digest}`)
  assert.ok(isPinnedAmong(asked, [`other@${digest}`, `docker.io/library/nginx@${digest}`]))
  assert.ok(!isPinnedAmong(asked, [`quay.io/library/nginx@${digest}`, `nginx@sha256:${'b'.repeat(64)}`]))
})
