import { isObject } from '../../core/index.ts'
import { raise } from './errors.ts'

/** Registries take no manifest that is larger (distribution specification, "Pushing Manifests"). */
export const MOST_DOCUMENT_BYTES = 4 * 1024 * 1024

export type Fields = Readonly<Record<string, unknown>>
/** For messages: which document of which image. */
export type Where = Readonly<{ document: string; image: string }>

function parseJson(bytes: Uint8Array, where: Where): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw raise('CONTAINER_DOCUMENT_INVALID', { ...where, problem: 'it is not JSON' }, error)
  }
}

/** Throws CONTAINER_DOCUMENT_INVALID where it is no object. */
export function parseObject(bytes: Uint8Array, where: Where): Fields {
  const value = parseJson(bytes, where)
  if (!isObject(value)) throw invalid(where, 'it is not a JSON object')
  return value
}

/** Throws CONTAINER_DOCUMENT_INVALID where it is no list of objects. */
export function parseObjects(bytes: Uint8Array, where: Where): readonly Fields[] {
  const value = parseJson(bytes, where)
  if (!Array.isArray(value) || !value.every(isObject)) throw invalid(where, 'it is no list of objects')
  return value
}

export function textOf(fields: Fields, name: string): string {
  const value = fields[name]
  return typeof value === 'string' ? value : ''
}

/** Objects of a list; what is no list is an empty one, and what is no object is refused. */
export function objectsOf(fields: Fields, name: string, where: Where): readonly Fields[] {
  const value = fields[name] ?? []
  if (!Array.isArray(value) || !value.every(isObject)) throw invalid(where, `${name} is no list of objects`)
  return value
}

/** Text by text: labels and annotations. Others are left out. */
export function textsOf(fields: Fields, name: string): Readonly<Record<string, string>> {
  const value = fields[name]
  if (!isObject(value)) return {}
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, text]) => (typeof text === 'string' ? [[key, text] as const] : [])),
  )
}

export function invalid(where: Where, problem: string): Error {
  return raise('CONTAINER_DOCUMENT_INVALID', { ...where, problem })
}
