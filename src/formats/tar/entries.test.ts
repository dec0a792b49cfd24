import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ForwardStream } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { writeTar } from '../../../test/fixtures/tar-writer.ts'
import { tarEntries } from './index.ts'
import type { TarEntry } from './index.ts'

async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

async function entriesOf(bytes: Uint8Array, pieceBytes = 1000): Promise<readonly TarEntry[]> {
  return Array.fromAsync(tarEntries(new ForwardStream(inPieces(bytes, pieceBytes), 'x')))
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
const isDamaged = (error: unknown): boolean => isAnnealError(error, 'TAR_DAMAGED')

test('a stream in pieces of any length gives the same entries', async () => {
  const long = 'l'.repeat(300)
  const bytes = writeTar([
    { path: long, content: 'a'.repeat(700), form: 'gnu' },
    { path: 'link', type: '2', link: long, form: 'gnu' },
    { path: `${long}2`, content: 'b' },
    { path: 'other', type: '2', link: long },
    { path: 'last', content: 'x' },
  ])
  const all = await entriesOf(bytes, bytes.length)
  assert.deepEqual(
    all.map(({ path, link }) => [text(path), text(link)]),
    [
      [long, ''],
      ['link', long],
      [`${long}2`, ''],
      ['other', long],
      ['last', ''],
    ],
  )
  const shown = (entries: readonly TarEntry[]) =>
    entries.map(({ path, link, ...rest }) => ({ ...rest, path: text(path), link: text(link) }))
  for (const pieceBytes of [1, 7, 511, 512, 513]) {
    assert.deepEqual(shown(await entriesOf(bytes, pieceBytes)), shown(all))
  }
})

test('large and negative numbers, times with a fraction and binary attributes are read', async () => {
  const value = Uint8Array.from([0, 255, 10, 61, 128])
  const [first, second] = await entriesOf(
    writeTar([
      { path: 'a', uid: 3_000_000, mtime: -5, form: 'gnu' },
      {
        path: 'b',
        uid: 4_000_000_000,
        pax: { 'SCHILY.xattr.security.capability': value, mtime: '-1.25', 'SCHILY.xattr.user.none': '' },
      },
    ]),
  )
  assert.deepEqual([first?.uid, first?.modifiedNs], [3_000_000, -5_000_000_000n])
  assert.deepEqual([second?.uid, second?.modifiedNs], [4_000_000_000, -1_250_000_000n])
  assert.deepEqual(
    second?.xattrs.map(([name, bytes]) => [name, [...bytes]]),
    [['security.capability', [...value]]],
  )
})

test('a global header says nothing of the members behind it', async () => {
  const [global] = await entriesOf(
    writeTar([{ path: 'pax_global_header', type: 'g', content: '' }, { path: 'a' }]),
  )
  assert.equal(global && text(global.path), 'a')
})

test('what does not parse is refused', async () => {
  const cases = {
    'a cut file': writeTar([{ path: 'a', content: 'x'.repeat(600) }]).subarray(0, 700),
    'records that do not parse': writeTar([{ path: 'a', type: 'x', content: '99 a=b\n' }]),
    'records without end': writeTar([{ path: 'a', type: 'x', size: 9_000_000 }]),
    'a size that is too large': writeTar([{ path: 'a', size: 2 ** 60, form: 'gnu' }]),
    'an owner that is none': writeTar([{ path: 'a', pax: { uid: '-1' } }]),
    'a time that is none': writeTar([{ path: 'a', pax: { mtime: 'now' } }]),
  }
  for (const [name, bytes] of Object.entries(cases)) await assert.rejects(entriesOf(bytes), isDamaged, name)
})
