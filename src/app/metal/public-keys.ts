import { isPublicKey, metalError } from '../../metal/index.ts'

/**
 * The keys in the text of an authorized_keys or .pub file. `source` names it in an error. Throws SSH_KEY_INVALID where
 * there is none, or where a line is something else.
 */
export function publicKeys(source: string, text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.trim())
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#'))
  // A private key by mistake must not reach a service: whatever is no public key stops here.
  const wrong = lines.findIndex((line) => line !== '' && !line.startsWith('#') && !isPublicKey(line))
  if (wrong !== -1 || keys.length === 0) throw metalError('SSH_KEY_INVALID', { source, line: wrong + 1 })
  return keys
}
