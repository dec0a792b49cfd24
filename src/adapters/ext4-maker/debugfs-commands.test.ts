import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import type { TarEntry } from '../../formats/tar/index.ts'
import { DebugfsCommands } from './debugfs-commands.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

function entry(path: string, more: Partial<TarEntry> = {}): TarEntry {
  return {
    path: bytes(path),
    link: bytes(''),
    type: '0',
    mode: 0o644,
    uid: 0,
    gid: 7,
    modifiedNs: 5_000_000_000n,
    major: 0,
    minor: 0,
    xattrs: [],
    offsetBytes: 0,
    dataOffsetBytes: 0,
    storedBytes: 0,
    sizeBytes: 0,
    ...more,
  }
}

const nowhere = (): string => 'aside'
const of = (one: TarEntry): readonly string[] => new DebugfsCommands().of(one, 'content', nowhere)

test('a file is written by its name in its directory, and gets its owner, mode and time', () => {
  assert.deepEqual(of(entry('a "b"/<2>', { mode: 0o4755 })), [
    'cd "/a ""b"""',
    'write content "<2>"',
    'sif "./<2>" mode 0104755',
    'sif "./<2>" uid 0',
    'sif "./<2>" gid 7',
    'sif "./<2>" mtime @5',
  ])
})

test('a second name has room made for it, and is counted', () => {
  const commands = new DebugfsCommands()
  const link = (path: string): readonly string[] =>
    commands.of(entry(path, { type: '1', link: bytes('d/first') }), undefined, nowhere)
  assert.deepEqual(link('d/second').slice(1), [
    'mknod "second" p',
    'rm "./second"',
    'ln "/d/first" "second"',
    'sif "./second" links_count 2',
  ])
  assert.equal(link('d/third').at(-1), 'sif "./third" links_count 3')
})

test('a device with large numbers is set word by word', () => {
  const lines = of(entry('disk', { type: '4', major: 259, minor: 1_048_575 }))
  assert.deepEqual(lines.slice(1, 4), [
    'mknod "disk" b 0 0',
    'sif "./disk" block[0] 0',
    `sif "./disk" block[1] ${((0xff | (259 << 8) | (0xf_ff00 << 12)) >>> 0).toString()}`,
  ])
})

test('attributes come from files, and more than a block of them are refused', () => {
  const xattrs = (length: number): TarEntry =>
    entry('a', { xattrs: [['security.capability', new Uint8Array(length)]] })
  assert.equal(of(xattrs(20)).at(-1), 'ea_set -f aside "./a" "security.capability"')
  assert.throws(
    () => of(xattrs(5000)),
    (error) => isAnnealError(error, 'EXT4_TREE_REFUSED'),
  )
})

test('a name that no command of debugfs can hold is refused', () => {
  for (const path of ['a\nb', `${'d/'.repeat(4050)}x`]) {
    assert.throws(
      () => of(entry(path)),
      (error) => isAnnealError(error, 'EXT4_TREE_REFUSED'),
    )
  }
})
