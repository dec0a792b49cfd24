import { createHash } from 'node:crypto'
import type { Digest } from '../../core/index.ts'

export const sha256: Digest = (text) => `sha256:${createHash('sha256').update(text).digest('hex')}`

/** SHA-256 of a text, hexadecimal digits alone. */
export function hexDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
