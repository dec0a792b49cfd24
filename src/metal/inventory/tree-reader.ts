import { raise } from '../errors.ts'

/** One map of the inventory, read key by key; a key that nobody asked for is refused when it is closed. */
export class TreeReader {
  readonly #file: string
  readonly #at: string
  readonly #value: Readonly<Record<string, unknown>>
  readonly #read = new Set<string>()

  constructor(value: unknown, file: string, at: string) {
    this.#file = file
    this.#at = at
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw this.invalid('it is not a map')
    }
    this.#value = value as Readonly<Record<string, unknown>>
  }

  has(key: string): boolean {
    return this.raw(key) !== undefined && this.raw(key) !== null
  }

  raw(key: string): unknown {
    this.#read.add(key)
    return this.#value[key]
  }

  text(key: string): string {
    const value = this.raw(key)
    if (typeof value !== 'string' || value === '') throw this.invalid(`"${key}" is not text`)
    return value
  }

  optionalText(key: string): string | undefined {
    return this.has(key) ? this.text(key) : undefined
  }

  map(key: string): TreeReader | undefined {
    return this.has(key) ? new TreeReader(this.raw(key), this.#file, this.at(key)) : undefined
  }

  texts(key: string): readonly string[] {
    const value = this.raw(key) ?? []
    if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) {
      throw this.invalid(`"${key}" is not a list of texts`)
    }
    return value
  }

  /** A map of plain values. */
  values(key: string): Readonly<Record<string, string | number | boolean>> {
    const value = this.raw(key) ?? {}
    if (typeof value !== 'object' || Array.isArray(value)) throw this.invalid(`"${key}" is not a map`)
    for (const [name, one] of Object.entries(value)) {
      if (!['string', 'number', 'boolean'].includes(typeof one)) {
        throw this.invalid(`"${key}.${name}" is neither text nor a number`)
      }
    }
    return value as Readonly<Record<string, string | number | boolean>>
  }

  at(key: string): string {
    return this.#at === '' ? key : `${this.#at}.${key}`
  }

  /** A typo must not pass for a setting. */
  close(): void {
    const unknown = Object.keys(this.#value).find((key) => !this.#read.has(key))
    if (unknown !== undefined) {
      throw this.invalid(`"${unknown}" is not a key; there is ${[...this.#read].toSorted().join(', ')}`)
    }
  }

  invalid(why: string): Error {
    return raise('INVENTORY_INVALID', {
      file: this.#file,
      at: this.#at === '' ? 'the top level' : this.#at,
      why,
    })
  }
}
