import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { packFiles } from './archive.ts'
import type { RamdiskFile } from './archive.ts'

const FILES: readonly RamdiskFile[] = [
  { path: 'usr/bin/b', mode: 0o100755, content: new TextEncoder().encode('b') },
  { path: 'bin', mode: 0o120777, content: new TextEncoder().encode('usr/bin') },
  { path: 'init', mode: 0o100755, content: new TextEncoder().encode('#!/bin/sh\n') },
]

test('cpio lists folders before what is in them, owned by root', () => {
  const listed = execFileSync('cpio', ['-tv', '--quiet', '--numeric-uid-gid'], {
    input: packFiles(FILES, ['dev']),
  }).toString()
  const lines = listed
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/\s+/))
  assert.deepEqual(
    lines.map((words) => `${words[0]} ${words[2]} ${words.slice(8).join(' ')}`),
    [
      'lrwxrwxrwx 0 bin -> usr/bin',
      'drwxr-xr-x 0 dev',
      '-rwxr-xr-x 0 init',
      'drwxr-xr-x 0 usr',
      'drwxr-xr-x 0 usr/bin',
      '-rwxr-xr-x 0 usr/bin/b',
    ],
  )
})

test('the same files in another order give the same bytes', () => {
  assert.deepEqual(packFiles(FILES, ['dev', 'proc']), packFiles(FILES.toReversed(), ['proc', 'dev']))
})
