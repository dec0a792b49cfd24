import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { filePieces } from './file-pieces.ts'

const MIB = 1 << 20
const { signal } = new AbortController()

describe('the pieces of a file', () => {
  let directory = ''
  const bytes = Uint8Array.from({ length: 2 * MIB + 1000 }, (_, index) => index % 251)
  const path = (): string => join(directory, 'file')

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'anneal-pieces-'))
    await writeFile(path(), bytes)
  })
  after(() => rm(directory, { recursive: true }))

  async function all(range?: Readonly<{ offsetBytes?: number; endBytes?: number }>): Promise<Buffer[]> {
    const pieces: Buffer[] = []
    for await (const piece of filePieces(path(), signal, range)) pieces.push(Buffer.from(piece))
    return pieces
  }

  it('are whole except the last one, and lie in the same memory', async () => {
    const memory = new Set<ArrayBufferLike>()
    for await (const piece of filePieces(path(), signal)) memory.add(piece.buffer)
    assert.equal(memory.size, 1)
    const pieces = await all()
    assert.deepEqual(
      pieces.map(({ length }) => length),
      [MIB, MIB, 1000],
    )
    assert.ok(Buffer.concat(pieces).equals(bytes))
  })

  it('end where the range ends, or the file', async () => {
    const range = { offsetBytes: 5, endBytes: MIB + 7 }
    assert.ok(Buffer.concat(await all(range)).equals(bytes.subarray(5, MIB + 7)))
    assert.ok(
      Buffer.concat(await all({ offsetBytes: 2 * MIB, endBytes: 9 * MIB })).equals(bytes.subarray(2 * MIB)),
    )
    assert.deepEqual(await all({ offsetBytes: 9 * MIB }), [])
  })

  it('end with an abort', async () => {
    const gone = AbortSignal.abort(new Error('enough'))
    await assert.rejects(filePieces(path(), gone).next(), /enough/)
  })
})
