import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex } from '../../core/index.ts'
import { xxh64 } from './xxh64.ts'

/** `xxhsum -H1` of xxHash 0.8.1; the digest is in the byte order of the disk. Byte n is n. */
const KNOWN = {
  0: 'ef46db3751d8e999',
  1: 'e934a84adb052768',
  3: 'e5c7bb4533bc65dd',
  4: 'ffced8604453cc1e',
  5: 'dd0274386e26030c',
  8: '884a173614b81b8d',
  12: '424af23f1f08dca5',
  15: 'a948f5f0f6abac2d',
  31: 'c346d2b59b4d8ee1',
  32: 'cbf59c5116ff32b4',
  33: '0c535d1acafb8ead',
  40: 'f5da40f1b11741e9',
  63: 'e26aa9e2a95f8e4f',
  64: 'f7c67301db6713f0',
  100: '6ac1e58032166597',
  4064: '3bd930bfe65da5d7',
  4096: '0f6e64be186af6a4',
} as const

test('XXH64 is what xxhsum makes, for lengths around each of its steps', () => {
  for (const [length, hash] of Object.entries(KNOWN)) {
    const bytes = Uint8Array.from({ length: Number(length) }, (_, index) => index & 255)
    assert.equal(toHex(xxh64(bytes).toReversed()), hash, `${length} bytes`)
  }
})
