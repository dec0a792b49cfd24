import assert from 'node:assert/strict'
import { test } from 'node:test'
import { directoryHash } from './directory-hash.ts'

const SEED = Uint8Array.from('5eed5eed00004000800000000000da5b'.match(/../g) ?? [], (hex) =>
  Number.parseInt(hex, 16),
)
const LONG = 'hello-wörld-0123456789-0123456789-0123456789'

/** What `debugfs -R "dx_hash -h ALGORITHM -s SEED NAME"` says (e2fsprogs 1.47.0). */
const SAID = [
  { version: 0, name: 'file-number-1', seed: SEED, hash: 0xe6_31_a1_bc },
  { version: 1, name: 'file-number-1', seed: SEED, hash: 0x3e_c1_ee_0e },
  { version: 2, name: 'file-number-1', seed: SEED, hash: 0x52_fb_04_72 },
  { version: 0, name: LONG, seed: new Uint8Array(16), hash: 0x08_10_4a_02 },
  { version: 1, name: LONG, seed: new Uint8Array(16), hash: 0xfd_26_55_7e },
  { version: 2, name: LONG, seed: new Uint8Array(16), hash: 0x5e_b9_89_96 },
]

test('a name has the hash that debugfs gives it', () => {
  for (const { version, name, seed, hash } of SAID) {
    assert.equal(
      directoryHash(version, 'signed', seed, new TextEncoder().encode(name)),
      hash,
      `${version} ${name}`,
    )
  }
})

test('the sign of bytes matters for names beyond ASCII only', () => {
  const hashOf = (version: number, chars: 'signed' | 'unsigned', name: string) =>
    directoryHash(version, chars, SEED, new TextEncoder().encode(name))
  for (const version of [0, 1, 2]) {
    assert.equal(hashOf(version, 'unsigned', 'plain'), hashOf(version, 'signed', 'plain'))
    assert.notEqual(hashOf(version, 'unsigned', 'wörld'), hashOf(version, 'signed', 'wörld'))
    assert.equal(hashOf(version, 'unsigned', 'wörld'), hashOf(version + 3, 'signed', 'wörld'))
  }
})

test('a hash that is not known is no hash', () => {
  assert.equal(directoryHash(6, 'signed', SEED, Uint8Array.of(65)), undefined)
})
