import { isObject } from '../../core/index.ts'
import { raise } from './errors.ts'

/** Whose answer is read, for messages. */
export type Origin = Readonly<{ service: string; url: string }>

/**
 * One JSON object of an answer, read member by member. A member of another kind than the API documents is
 * OPENSTACK_REPLY_INVALID with its place, not an `undefined` that surfaces somewhere else.
 */
export class Fields {
  readonly #value: Readonly<Record<string, unknown>>
  readonly #origin: Origin
  readonly #path: string

  constructor(value: unknown, origin: Origin, path = 'the answer') {
    this.#origin = origin
    this.#path = path
    if (!isObject(value)) throw this.#invalid(path, value, 'an object')
    this.#value = value
  }

  get keys(): readonly string[] {
    return Object.keys(this.#value)
  }

  raw(name: string): unknown {
    return this.#value[name]
  }

  text(name: string): string {
    const value = this.#value[name]
    if (typeof value !== 'string') throw this.#invalid(name, value, 'a string')
    return value
  }

  /** Absent and null are undefined: services leave a member out or set it to null for the same thing. */
  optionalText(name: string): string | undefined {
    return this.#absent(name) ? undefined : this.text(name)
  }

  number(name: string): number {
    const value = this.#value[name]
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.#invalid(name, value, 'a number')
    return value
  }

  optionalNumber(name: string): number | undefined {
    return this.#absent(name) ? undefined : this.number(name)
  }

  /** Absent and null are `false`. */
  flag(name: string): boolean {
    const value = this.#value[name] ?? false
    if (typeof value !== 'boolean') throw this.#invalid(name, value, 'true or false')
    return value
  }

  object(name: string): Fields {
    return new Fields(this.#value[name], this.#origin, this.#at(name))
  }

  optionalObject(name: string): Fields | undefined {
    return this.#absent(name) ? undefined : this.object(name)
  }

  /** A free-form JSON object; absent is empty. */
  record(name: string): Readonly<Record<string, unknown>> {
    const value = this.#value[name] ?? {}
    if (!isObject(value)) throw this.#invalid(name, value, 'an object')
    return value
  }

  list(name: string): readonly Fields[] {
    return this.#array(name).map(
      (item, index) => new Fields(item, this.#origin, `${this.#at(name)}[${index}]`),
    )
  }

  texts(name: string): readonly string[] {
    return this.#array(name).map((item) => {
      if (typeof item !== 'string') throw this.#invalid(name, item, 'a list of strings')
      return item
    })
  }

  #array(name: string): readonly unknown[] {
    const value = this.#value[name] ?? []
    if (!Array.isArray(value)) throw this.#invalid(name, value, 'a list')
    return value
  }

  #absent(name: string): boolean {
    return this.#value[name] === undefined || this.#value[name] === null
  }

  #at(name: string): string {
    return `${this.#path}.${name}`
  }

  #invalid(name: string, found: unknown, expected: string): Error {
    const where = name === this.#path ? name : this.#at(name)
    return raise('OPENSTACK_REPLY_INVALID', { ...this.#origin, where, found: kindOf(found), expected })
  }
}

/** What it is, not what it holds: an answer may carry a secret. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'absent'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
