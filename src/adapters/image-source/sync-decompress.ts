import type { Decompress } from '../../formats/qcow2/index.ts'
import { expandAll } from '../codec/index.ts'
import type { Codec } from '../codec/index.ts'

/** Decompresses at once, in the thread that asks: for threads whose work that is. */
export const SYNC_DECOMPRESS: Decompress = {
  inflateRaw: (bytes, output) => expand('deflate', bytes, output),
  zstd: (bytes, output) => expand('zstd', bytes, output),
}

async function expand(codec: Codec, bytes: Uint8Array, output: Uint8Array): Promise<void> {
  const failed = expandAll(codec, bytes, Uint32Array.of(0, bytes.length), output.length, output)
  if (failed.length > 0) throw new RangeError(`no ${output.length} bytes come out`)
}
