import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import { fromBytes } from '../../bytes/index.ts'
import { openExt4 } from './index.ts'

const BLOCK = 1024
const MAGIC = [0xc0, 0x3b, 0x39, 0x98]

/** How many blocks of `default` are zeros by its allocation, once a field of its journal's superblock is something else. */
async function zerosWith(field: number, value?: number): Promise<number> {
  const source = await loadImage(join(import.meta.dirname, 'fixtures/default.img.zst'))
  const bytes = new Uint8Array(await source.read(0, source.size))
  const isJournal = (at: number): boolean => MAGIC.every((byte, index) => bytes[at + index] === byte)
  let journal = 0
  while (!isJournal(journal)) journal += BLOCK
  if (value !== undefined) new DataView(bytes.buffer).setUint32(journal + field, value)
  let blocks = 0
  for await (const { kind, lengthBytes } of (await openExt4(fromBytes(bytes))).allocation())
    if (kind === 'zero') blocks += lengthBytes / BLOCK
  return blocks
}

suite('the log of a journal is in use', () => {
  for (const [name, field, value] of [
    ['that waits to be replayed', 28, 1],
    ['of another kind', 4, 5],
    ['without its magic number', 0, 0],
    ['with blocks of another size', 12, 4096],
    ['that has no log', 20, 0],
    ['of which the log begins behind its end', 20, 1 << 20],
  ] as const) {
    test(name, async () => {
      assert.ok((await zerosWith(field, value)) < (await zerosWith(0)) - 500)
    })
  }
})
