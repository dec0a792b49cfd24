import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ForwardStream, forwardOf, fromBytes } from '../../bytes/index.ts'
import type { Forward } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { cpioEntries, cpioHeader, cpioPadding, cpioTrailer } from './index.ts'
import type { CpioEntry } from './index.ts'

function archive(...members: readonly (readonly [name: string, content: string])[]): Uint8Array {
  return Buffer.concat([
    ...members.flatMap(([name, content]) => [
      cpioHeader({ name, mode: 0o100644, sizeBytes: content.length }),
      Buffer.from(content),
      new Uint8Array(cpioPadding(content.length)),
    ]),
    cpioTrailer(),
  ])
}

async function read(feed: Forward): Promise<readonly CpioEntry[]> {
  return Array.fromAsync(cpioEntries(feed))
}

async function* inPieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

const MEMBERS = [
  ['init', '#!/bin/sh\n'],
  ['scripts/local', ''],
  ['ü'.repeat(50), 'x'.repeat(4097)],
] as const

test('names, modes and sizes are read, of a source and of a stream in pieces of any length', async () => {
  const bytes = archive(...MEMBERS)
  const expected = MEMBERS.map(([name, content]) => ({ name, mode: 0o100644, sizeBytes: content.length }))
  const feed = forwardOf(fromBytes(bytes, 'initrd'))
  assert.deepEqual(await read(feed), expected)
  assert.equal(feed.position, bytes.length)
  for (const length of [1, 3, 110, 511, 100_000])
    assert.deepEqual(await read(new ForwardStream(inPieces(bytes, length), 'initrd')), expected)
})

test('an archive that ends early or is none is refused', async () => {
  const bytes = archive(...MEMBERS)
  for (const length of [0, 50, 111, bytes.length - 4]) {
    await assert.rejects(read(forwardOf(fromBytes(bytes.subarray(0, length), 'initrd'))), (error) =>
      isAnnealError(error, 'CPIO_DAMAGED'),
    )
  }
})

test('a name longer than the kernel takes is refused before it is read', async () => {
  const bytes = Buffer.from(archive(['a', 'b']))
  bytes.write('FFFFFFFF', 6 + 11 * 8)
  await assert.rejects(read(forwardOf(fromBytes(bytes, 'initrd'))), (error) =>
    isAnnealError(error, 'CPIO_DAMAGED'),
  )
})

test('a size beyond the end of the archive ends it', async () => {
  const bytes = Buffer.from(archive(['a', 'b']))
  bytes.write('FFFFFFFF', 6 + 6 * 8)
  for (const feed of [
    forwardOf(fromBytes(bytes, 'initrd')),
    new ForwardStream(inPieces(bytes, 64), 'initrd'),
  ]) {
    await assert.rejects(read(feed), (error) => isAnnealError(error, 'CPIO_DAMAGED'))
  }
})

test('content comes where it is asked for, and a copy of it', async () => {
  const bytes = archive(...MEMBERS, ['etc/fstab', 'UUID=x / ext4\n'])
  const wants = ({ name }: CpioEntry): boolean => name === 'etc/fstab' || name === 'init'
  for (const feed of [
    forwardOf(fromBytes(bytes, 'initrd')),
    new ForwardStream(inPieces(bytes, 64), 'initrd'),
  ]) {
    const entries = await Array.fromAsync(cpioEntries(feed, { wants }))
    assert.deepEqual(
      entries.map(({ content }) => content && new TextDecoder().decode(content)),
      ['#!/bin/sh\n', undefined, undefined, 'UUID=x / ext4\n'],
    )
    assert.equal(feed.position, bytes.length)
  }
  await assert.rejects(
    Array.fromAsync(cpioEntries(forwardOf(fromBytes(bytes.subarray(0, 122), 'initrd')), { wants })),
    (error) => isAnnealError(error, 'CPIO_DAMAGED'),
  )
})

test('an archive that is longer than may be is refused', async () => {
  const bytes = archive(...MEMBERS)
  const forward = forwardOf(fromBytes(bytes, 'initrd'))
  await assert.rejects(Array.fromAsync(cpioEntries(forward, { mostBytes: 4000 })), (error) =>
    isAnnealError(error, 'CPIO_DAMAGED'),
  )
})
