/**
 * Shapes: what a reader relies on of a document, as values beside the document's type. A shape says the first thing
 * that is wrong, with its place as a JSON pointer (RFC 6901). Members that it does not name are left as they are: a
 * later version of Anneal may have added them.
 */
export type Shape<T> = Readonly<{
  /** What is wrong with the value at this place; undefined where nothing is. */
  problem: (value: unknown, at: string) => string | undefined
  /** Only there for the compiler. */
  type?: T
}>

export type OptionalShape<T> = Shape<T> & Readonly<{ optional: true }>

/** One shape for each member of T. A member is optional here exactly where it is optional in the type. */
export type MemberShapes<T> = {
  readonly [K in keyof T]-?: {} extends Pick<T, K>
    ? OptionalShape<Exclude<T[K], undefined>>
    : Shape<T[K]> & Readonly<{ optional?: never }>
}

export const text: Shape<string> = plain('a string', (value) => typeof value === 'string')
export const wholeNumber: Shape<number> = plain('a whole number', (value) => Number.isSafeInteger(value))
export const flag: Shape<boolean> = plain('true or false', (value) => typeof value === 'boolean')
export const amount: Shape<number> = plain('a number', (value) => Number.isFinite(value))
/** Any JSON value: whoever reads this member looks at it more closely. */
export const anything: Shape<unknown> = { problem: () => undefined }

export function oneOf<const T extends string | number>(...values: readonly T[]): Shape<T> {
  return plain(values.map((value) => JSON.stringify(value)).join(' or '), (value) =>
    (values as readonly unknown[]).includes(value),
  )
}

export function listOf<T>(item: Shape<T>): Shape<readonly T[]> {
  return {
    problem: (value, at) => {
      if (!Array.isArray(value)) return expected('a list', value, at)
      return firstOf(value.map((one, index) => () => item.problem(one, `${at}/${index}`)))
    },
  }
}

export function object<T extends object>(members: MemberShapes<T>): Shape<T> {
  const entries = Object.entries<Shape<unknown> & Readonly<{ optional?: boolean }>>(members)
  return {
    problem: (value, at) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        return expected('an object', value, at)
      const record = value as Readonly<Record<string, unknown>>
      return firstOf(
        entries.map(([name, shape]) => () => {
          const member = record[name]
          const place = `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
          if (member === undefined && shape.optional !== true) return `${place} is missing`
          return member === undefined ? undefined : shape.problem(member, place)
        }),
      )
    },
  }
}

export function optional<T>(shape: Shape<T>): OptionalShape<T> {
  return { ...shape, optional: true }
}

/** The value passes as T where the shape finds nothing wrong. */
function plain<T>(what: string, fits: (value: unknown) => boolean): Shape<T> {
  return { problem: (value, at) => (fits(value) ? undefined : expected(what, value, at)) }
}

function expected(what: string, value: unknown, at: string): string {
  return `${at === '' ? 'the document' : at} is ${nameOf(value)}, expected ${what}`
}

function nameOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  const shown = JSON.stringify(value) ?? 'missing'
  return shown.length <= 60 ? shown : `${shown.slice(0, 60)}…`
}

function firstOf(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const problem = check()
    if (problem !== undefined) return problem
  }
  return undefined
}
