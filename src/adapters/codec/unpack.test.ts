import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { deflateRawSync, deflateSync, zstdCompressSync } from 'node:zlib'
import type { Packing } from '../../bytes/index.ts'
import { unpack } from './index.ts'

const TEXT = new TextEncoder().encode(
  Array.from({ length: 400 }, (_, n) => `a line of text with the number ${n}\n`).join(''),
)
const fixture = (name: string): Uint8Array => readFileSync(join(import.meta.dirname, 'fixtures', name))

/** A program's code with calls, so that filters have something to do, and the text. */
const CODE = new Uint8Array(fixture('code.bin'))

const UNITS: readonly (readonly [name: string, packing: Packing, packed: Uint8Array, content: Uint8Array])[] =
  [
    ['zlib', 'zlib', deflateSync(TEXT), TEXT],
    ['deflate', 'deflate', deflateRawSync(TEXT), TEXT],
    ['zstd', 'zstd', zstdCompressSync(TEXT), TEXT],
    ['lz4', 'lz4', fixture('text.lz4-block'), TEXT],
    ['lzo', 'lzo', fixture('text.lzo1x'), TEXT],
    ['lzma', 'lzma', fixture('text.lzma'), TEXT],
    ['microlzma', 'microlzma', fixture('text.microlzma'), TEXT],
    ...['plain', 'x86', 'arm', 'armthumb', 'arm64', 'powerpc', 'sparc', 'ia64', 'blocks'].map(
      (name) => [`xz (${name})`, 'xz', fixture(`code.${name}.xz`), CODE] as const,
    ),
  ]

describe('unpacking', () => {
  for (const [name, packing, packed, content] of UNITS) {
    test(`${name} gives what was packed`, async () => {
      const into = new Uint8Array(content.length)
      assert.equal(await unpack(packing, packed, into, 'whole'), content.length)
      assert.deepEqual(into, content)
    })

    test(`${name} gives the start of it where no more is asked for`, async () => {
      if (packing === 'lzo') return
      const into = new Uint8Array(1001)
      assert.equal(await unpack(packing, packed, into, 'start'), 1001)
      // A filter changes the last bytes by those behind them.
      assert.deepEqual(into.subarray(0, 980), content.subarray(0, 980))
    })

    test(`${name} is refused where it holds more than there is room for`, async () => {
      const into = new Uint8Array(content.length - 1)
      if (packing !== 'microlzma') await assert.rejects(unpack(packing, packed, into, 'whole'))
    })

    test(`${name} is refused where its end is missing`, async () => {
      const into = new Uint8Array(content.length + 100)
      for (const length of [0, 1, 5, packed.length >>> 1, packed.length - 20]) {
        await assert.rejects(unpack(packing, packed.subarray(0, length), into, 'whole'), `${length}`)
      }
    })

    test(`${name} with a byte changed ends, within its bounds`, async () => {
      const room = new Uint8Array(content.length + 32).fill(0xa5)
      const into = room.subarray(16, 16 + content.length)
      for (let at = 0; at < packed.length; at += Math.ceil(packed.length / 40)) {
        const broken = Uint8Array.from(packed)
        broken[at] = (broken[at] ?? 0) ^ (1 << (at % 8))
        await unpack(packing, broken, into, 'whole').catch(() => undefined)
      }
      assert.ok(room.subarray(0, 16).every((byte) => byte === 0xa5))
      assert.ok(room.subarray(-16).every((byte) => byte === 0xa5))
    })
  }

  test('a frame of zstd that asks for a large window is refused', async () => {
    const frame = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xb0, 0x01, 0x00, 0x00)
    await assert.rejects(unpack('zstd', frame, new Uint8Array(100), 'whole'))
  })
})
