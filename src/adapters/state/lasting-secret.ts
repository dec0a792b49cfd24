import { createHmac, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readIfThere, replaceFile } from './durable-file.ts'

/**
 * Secrets that every process with this directory can make again: HMAC-SHA-256 of a text, in hexadecimal, with a key in a file of mode 0600.
 * The key is made at the first start. Throws STATE_UNWRITABLE.
 */
export function lastingSecrets(directory: string): (text: string) => string {
  const path = join(directory, 'secret.key')
  const found = readIfThere(path)?.trim() ?? ''
  const key = found.length === 64 ? found : randomBytes(32).toString('hex')
  if (key !== found) replaceFile(path, `${key}\n`)
  return (text) => createHmac('sha256', Buffer.from(key, 'hex')).update(text).digest('hex')
}
