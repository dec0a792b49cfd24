import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesOfHex, formatHex32, toHex, unescapeHex } from './index.ts'

test('bytes and their hexadecimal digits are the same thing in both directions', () => {
  const bytes = Uint8Array.of(0, 9, 0x10, 0xab, 0xff)
  assert.equal(toHex(bytes), '000910abff')
  assert.deepEqual(bytesOfHex('000910abff'), bytes)
  assert.deepEqual(bytesOfHex('AB'), Uint8Array.of(0xab))
  assert.deepEqual(bytesOfHex(''), new Uint8Array(0))
})

test('an escaped character is one whatever the case of its digits', () => {
  assert.equal(unescapeHex('qemu\\x2d1\\x2Dvm'), 'qemu-1-vm')
  assert.equal(unescapeHex('a\\x2'), 'a\\x2')
})

test('a 32-bit number has eight digits', () => {
  assert.equal(formatHex32(0xef53), '0x0000ef53')
})
