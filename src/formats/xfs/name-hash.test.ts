import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameHash, nameHashWithoutCase } from './name-hash.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

test('names are hashed as the kernel does it', () => {
  // `xfs_db -c "hash NAME"`
  const known: Readonly<Record<string, number>> = {
    a: 0x61,
    ab: 0x30e2,
    abc: 0x187163,
    abcd: 0xc38b1e4,
    etc: 0x197a63,
    'os-release': 0x3fe3b2fc,
    'node-name-1234-with-some-more-length': 0xd93c2224,
    ärger: 0x4e59f4e0,
  }
  for (const [name, hash] of Object.entries(known)) assert.equal(nameHash(bytes(name)), hash, name)
})

test('without case, all spellings of a name have one hash', () => {
  assert.equal(nameHashWithoutCase(bytes('ReadMe.TXT')), nameHashWithoutCase(bytes('readme.txt')))
  assert.notEqual(nameHashWithoutCase(bytes('readme.txt')), nameHashWithoutCase(bytes('readme.tyt')))
})
