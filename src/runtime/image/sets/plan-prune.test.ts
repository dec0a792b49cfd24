import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isAnnealError } from '../../../core/index.ts'
import type { StoredImage } from '../../../ports/index.ts'
import { listSets } from './image-sets.ts'
import { planPrune } from './plan-prune.ts'
import type { Prune, PruneOptions } from './plan-prune.ts'
import { FakeStore } from '../push/testing/fake-store.ts'

type More = Partial<StoredImage>

function put(store: FakeStore, id: string, role: string, more: More = {}): void {
  const properties = { anneal_set: 's', anneal_role: role, anneal_state: 'complete', ...more.properties }
  store.put({ name: id, id, ...more, properties })
}

/** A whole set of a name; `day` is when it was made. */
function putSet(store: FakeStore, id: string, name: string, day: number, more: More = {}): void {
  const at = `2026-01-0${day}T00:00:00Z`
  const dated = { createdAt: at, updatedAt: at }
  put(store, `${id}-kernel`, 'kernel', dated)
  put(store, `${id}-ramdisk`, 'ramdisk', dated)
  const links = { kernel_id: `${id}-kernel`, ramdisk_id: `${id}-ramdisk` }
  put(store, id, 'base', { ...dated, name, ...more, properties: { ...links, ...more.properties } })
}

async function prune(store: FakeStore, options: Partial<PruneOptions> = {}): Promise<Prune> {
  return planPrune(store, {
    what: 'unfinished',
    untouchedSince: '2026-02-01T00:00:00Z',
    owners: 'own',
    ...options,
  })
}

const ids = (images: Prune['remove']): readonly string[] => images.map(({ image }) => image.id)

describe('prune', () => {
  test('without a login removes nothing unless every image counts as one’s own', async () => {
    const store = new FakeStore()
    store.owners = 'unknown'
    put(store, 'alone', 'kernel')
    await assert.rejects(prune(store), (error) => isAnnealError(error, 'PRUNE_OWNERS_UNKNOWN'))
    assert.deepEqual(ids((await prune(store, { owners: 'all' })).remove), ['alone'])
  })

  test('takes what did not finish and what no base names, and no set', async () => {
    const store = new FakeStore()
    putSet(store, 'a', 'system', 1)
    put(store, 'half', 'base', { status: 'queued', properties: { anneal_state: 'uploading' } })
    put(store, 'unnamed', 'base', { properties: { anneal_state: 'uploading' } })
    put(store, 'alone', 'kernel')
    assert.deepEqual(ids((await prune(store)).remove), ['half', 'unnamed', 'alone'])
  })

  test('never removes images of others, protected images or deactivated images', async () => {
    const store = new FakeStore()
    store.put({ id: 'foreign', name: 'system', status: 'queued' })
    const half = { properties: { anneal_state: 'uploading' } }
    put(store, 'of-others', 'base', { ...half, own: false })
    put(store, 'protected', 'kernel', { protected: true })
    put(store, 'deactivated', 'base', { status: 'deactivated' })
    const { remove, keep } = await prune(store, { what: 'older' })
    assert.deepEqual(ids(remove), [])
    assert.deepEqual(ids(keep), ['protected'])
  })

  test('leaves what changed lately to the push that may be under way', async () => {
    const store = new FakeStore()
    put(store, 'alone', 'kernel')
    put(store, 'half', 'base', { status: 'saving', properties: { anneal_state: 'uploading' } })
    const { remove, keep } = await prune(store, { untouchedSince: '2025-12-31T00:00:00Z' })
    assert.deepEqual(ids(remove), [])
    assert.deepEqual(ids(keep).toSorted(), ['alone', 'half'])
  })

  test('takes older sets of a name only when asked, a base before its kernel', async () => {
    const store = new FakeStore()
    putSet(store, 'old', 'system', 1)
    putSet(store, 'new', 'system', 2)
    putSet(store, 'other', 'another', 1)
    assert.deepEqual(ids((await prune(store)).remove), [])
    const { remove } = await prune(store, { what: 'older' })
    assert.deepEqual(ids(remove), ['old', 'old-kernel', 'old-ramdisk'])
  })

  test('keeps the kernel of an older set where anybody else names it', async () => {
    const store = new FakeStore()
    putSet(store, 'old', 'system', 1)
    putSet(store, 'new', 'system', 2)
    store.put({ id: 'foreign', name: 'mine', own: false, properties: { kernel_id: 'old-kernel' } })
    assert.deepEqual(ids((await prune(store, { what: 'older' })).remove), ['old', 'old-ramdisk'])
  })

  test('keeps a protected older set whole', async () => {
    const store = new FakeStore()
    putSet(store, 'old', 'system', 1, { protected: true })
    putSet(store, 'new', 'system', 2)
    const { remove, keep } = await prune(store, { what: 'older' })
    assert.deepEqual(ids(remove), [])
    assert.deepEqual(ids(keep), ['old'])
  })
})

test('the list shows sets newest first, with what they lack, and apart what is unfinished or unused', async () => {
  const store = new FakeStore()
  putSet(store, 'old', 'system', 1)
  putSet(store, 'new', 'system', 2)
  store.images.delete('new-kernel')
  put(store, 'alone', 'ramdisk')
  put(store, 'half', 'base', { status: 'queued', properties: { anneal_state: 'uploading' } })
  store.put({ id: 'foreign', name: 'x' })
  const { sets, unfinished, unused } = await listSets(store)
  assert.deepEqual(
    sets.map(({ base, kernel, ramdisk, missing }) => [base.id, kernel?.id, ramdisk?.id, missing]),
    [
      ['new', undefined, 'new-ramdisk', ['kernel']],
      ['old', 'old-kernel', 'old-ramdisk', []],
    ],
  )
  assert.deepEqual(
    [...unfinished, ...unused].map(({ id }) => id),
    ['half', 'alone'],
  )
})
