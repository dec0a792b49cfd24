import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { Digests } from '../../ports/index.ts'

/** Reads a file from its start to its end. */
export async function digestFile(
  path: string,
  signal: AbortSignal,
): Promise<Digests & Readonly<{ sizeBytes: number }>> {
  const sha256 = createHash('sha256')
  const sha512 = createHash('sha512')
  let sizeBytes = 0
  for await (const bytes of createReadStream(path, { highWaterMark: 1 << 20, signal })) {
    sha256.update(bytes as Buffer)
    sha512.update(bytes as Buffer)
    sizeBytes += (bytes as Buffer).length
  }
  return { sizeBytes, sha256: sha256.digest('hex'), sha512: sha512.digest('hex') }
}
