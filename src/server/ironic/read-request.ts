import { isObject } from '../../core/index.ts'
import type { Members } from '../../conductor/index.ts'
import { raise } from '../errors.ts'
import type { Request } from '../route.ts'

export function invalid(why: string): Error {
  return raise('REQUEST_INVALID', { why })
}

export function objectOf(text: string): Members {
  const value = parsed(text)
  if (isObject(value)) return value
  throw invalid('the body is no object')
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid('the body is no JSON')
  }
}

/**
 * Members of a resource that were asked for, each checked to be one of `known`; undefined where none was named. `links` comes along, as in
 * Ironic (sanitize_dict of ironic/api/controllers/v1/utils.py).
 */
export function fieldsOf({ query }: Pick<Request, 'query'>, known: Members): readonly string[] | undefined {
  const fields = query.getAll('fields').flatMap((one) => one.split(','))
  if (fields.length === 0) return undefined
  const wrong = fields.filter((one) => !Object.hasOwn(known, one))
  if (wrong.length > 0) throw invalid(`it asks for members that are not there: ${wrong.join(', ')}`)
  return Object.hasOwn(known, 'links') ? [...new Set([...fields, 'links'])] : fields
}

const WORDS: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(['1', 't', 'true', 'on', 'y', 'yes'].map((one) => [one, true])),
  ...Object.fromEntries(['0', 'f', 'false', 'off', 'n', 'no'].map((one) => [one, false])),
}

/** The words that Ironic takes (oslo.utils, strutils.bool_from_string). */
export function flagOf(name: string, value: unknown): boolean {
  const found = typeof value === 'boolean' ? value : WORDS[String(value).trim().toLowerCase()]
  if (found === undefined) throw invalid(`${name} is true or false, not ${JSON.stringify(value)}`)
  return found
}
