import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { Slots } from './slots.ts'
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

test('no more work runs at once than there are slots, and a slot comes free also when work fails', async () => {
  const slots = new Slots(2)
  let running = 0
  let most = 0
  const work = async (fails: 'fails' | 'works'): Promise<void> => {
    running += 1
    most = Math.max(most, running)
    await Promise.resolve()
    running -= 1
    if (fails === 'fails') throw new Error('work failed')
  }
  const results = await Promise.allSettled(
    (['works', 'fails', 'works', 'fails', 'works'] as const).map((fails) => slots.run(() => work(fails))),
  )
  assert.equal(most, 2)
  assert.deepEqual(
    results.map((result) => result.status),
    ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
  )
})
