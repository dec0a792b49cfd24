import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { chainIds, repositories } from './seed-docker.ts'

test('the lowest layer is its own chain, and each further one hashes the chain below with its own id', () => {
  const sha = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`
  const second = sha('sha256:aa sha256:bb')
  assert.deepEqual(chainIds(['sha256:aa', 'sha256:bb', 'sha256:cc']), [
    'sha256:aa',
    second,
    sha(`${second} sha256:cc`),
  ])
})

test('two tags of one repository are listed together', () => {
  const images = [
    { reference: 'localhost/anneal/nova-libvirt:bookworm', id: 'sha256:1' },
    { reference: 'localhost/anneal/nova-libvirt:bookworm-backports', id: 'sha256:2' },
  ]
  assert.deepEqual(repositories(images), {
    'localhost/anneal/nova-libvirt': {
      'localhost/anneal/nova-libvirt:bookworm': 'sha256:1',
      'localhost/anneal/nova-libvirt:bookworm-backports': 'sha256:2',
    },
  })
})
