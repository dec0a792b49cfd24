import { createHash, randomUUID } from 'node:crypto'
import { stat } from 'node:fs/promises'
import type { Patch } from '../../bytes/index.ts'

/**
 * What tells the bytes of one base from those of another: the file as it is now, the part of it, and what is changed. What comes
 * over the network may be something else each time: every opening has an identity of its own.
 */
export async function imageIdentity(
  location: string,
  part: string,
  patches: readonly Patch[],
): Promise<string> {
  const hash = createHash('sha256').update(`${await fileIdentity(location)}\n${part}\n`)
  for (const { offsetBytes, bytes } of patches) hash.update(`${offsetBytes} ${bytes.length}\n`).update(bytes)
  return hash.digest('hex')
}

async function fileIdentity(location: string): Promise<string> {
  if (/^https?:/i.test(location)) return randomUUID()
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(location, { bigint: true })
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
}
