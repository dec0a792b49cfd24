import { readFileSync } from 'node:fs'
import { raise } from './errors.ts'

/** `USER:PASSWORD`, the first line of a file. Throws LOGIN_FILE_INVALID; the line itself is never in the error. */
export function readLogin(file: string): Readonly<{ user: string; password: string }> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw raise('LOGIN_FILE_INVALID', { file, why: (error as Error).message }, error)
  }
  const line = text.split('\n')[0] ?? ''
  const colon = line.indexOf(':')
  if (colon < 1 || colon === line.length - 1) {
    throw raise('LOGIN_FILE_INVALID', { file, why: 'its first line is not USER:PASSWORD' })
  }
  return { user: line.slice(0, colon), password: line.slice(colon + 1) }
}
