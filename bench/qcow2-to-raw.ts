import { open } from 'node:fs/promises'
import { openDiskImage } from '../src/adapters/image-source/index.ts'
import { extentsOf } from '../src/bytes/index.ts'

/** Reads a qcow2 image as a stream and writes it as a sparse raw file: `node bench/qcow2-to-raw.ts IMAGE OUT`. */
const PIECE_BYTES = 1024 * 1024
const LANES = 3

const [, , input = '', output = ''] = process.argv
await using image = await openDiskImage(input)
const { disk: source } = image
const out = await open(output, 'w')
await out.truncate(source.size)

async function* pieces(): AsyncGenerator<Readonly<{ at: number; length: number }>, void, undefined> {
  for await (const { offsetBytes, lengthBytes, kind } of extentsOf(source)) {
    if (kind !== 'data') continue
    const end = offsetBytes + lengthBytes
    for (let at = offsetBytes; at < end; at += PIECE_BYTES)
      yield { at, length: Math.min(PIECE_BYTES, end - at) }
  }
}

const queue = pieces()
async function lane(): Promise<void> {
  for (let next = await queue.next(); next.done !== true; next = await queue.next()) {
    const { at, length } = next.value
    await out.write(await source.read(at, length), 0, length, at)
  }
}
await Promise.all(Array.from({ length: LANES }, lane))
await out.close()
