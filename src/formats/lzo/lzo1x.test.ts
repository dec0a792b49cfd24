import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { decompressLzo1x } from './index.ts'

// What Linux compresses is in the fixtures of src/formats/btrfs.

const END = [0x11, 0, 0]
const A = 'a'.charCodeAt(0)

const unpack = (bytes: readonly number[], room: number): string => {
  const into = new Uint8Array(room)
  const count = decompressLzo1x(Uint8Array.from(bytes), into)
  return new TextDecoder().decode(into.subarray(0, count))
}
const ascii = (text: string): number[] => Array.from(new TextEncoder().encode(text))

test('literals, and a match of each form, give what they stand for', () => {
  assert.equal(unpack([17 + 3, ...ascii('abc'), ...END], 3), 'abc')
  assert.equal(unpack([1, ...ascii('abcd'), ...END], 4), 'abcd')
  // 3 + 15 + 2 literals: a length that begins with a code of 0.
  assert.equal(unpack([0, 2, ...ascii('abcdefghijklmnopqrst'), ...END], 20), 'abcdefghijklmnopqrst')
  // Three from two back, which overlaps, and one literal behind it.
  assert.equal(unpack([1, ...ascii('abcd'), 0x40 | (1 << 2) | 1, 0, A, ...END], 8), 'abcdcdca')
  // Six from four back.
  assert.equal(unpack([1, ...ascii('abcd'), 0x80 | (1 << 5) | (3 << 2), 0, ...END], 10), 'abcdabcdab')
  // Five from four back, and a long one from one back.
  assert.equal(unpack([1, ...ascii('abcd'), 0x20 | 3, 3 << 2, 0, ...END], 9), 'abcdabcda')
  assert.equal(
    unpack([1, ...ascii('abcd'), 0x20, 0, 1, 0, 0, ...END], 4 + 2 + 31 + 255 + 1),
    `abcd${'d'.repeat(289)}`,
  )
  // Two from four back, behind a match that has one literal.
  assert.equal(unpack([1, ...ascii('abcd'), 0x40 | 1, 0, A, 3 << 2, 0, ...END], 10), 'abcddddadd')
})

const HOSTILE = [
  ['nothing', []],
  ['no end', [17 + 3, ...ascii('abc')]],
  ['fewer literals than it says', [17 + 200, A]],
  ['a match before the begin', [17 + 1, A, 0x40 | (7 << 2), 9, ...END]],
  ['more than there is room for', [17 + 20, ...ascii('abcdefghijklmnopqrst'), ...END]],
  [
    'a match that is longer than there is room for',
    [17 + 4, ...ascii('abcd'), 0x20, 0, 0, 0, 1, 0, 0, ...END],
  ],
  ['a length that never ends', [17 + 4, ...ascii('abcd'), 0x20, ...Array.from({ length: 1000 }, () => 0)]],
] as const

for (const [what, bytes] of HOSTILE) {
  test(`${what} is refused`, () => {
    assert.throws(
      () => unpack(bytes, 16),
      (error) => isAnnealError(error, 'LZO_DAMAGED'),
    )
  })
}
