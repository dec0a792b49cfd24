/**
 * One error class for the whole project; each room keeps a table of its codes.
 * A code is what programs test on; the message and the remedy are what people read.
 */

/** What a program exits with. docs/errors.md lists which code leads to which. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** A guest or helper would die: nothing was touched. */
  endangered: 3,
  /** Another check refused the work: nothing was touched. */
  refused: 4,
  /** Another run holds the node's lock. */
  locked: 5,
  /** The upgrade failed and the old release runs again, proven. */
  rolledBack: 6,
  /** Neither release could be brought to rest by itself. */
  attention: 7,
  /** The container engine, or another program Anneal stands on, cannot be used. */
  unavailable: 8,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** Values quoted in a message. Never put a secret here: data is printed and journalled. */
export type ErrorData = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

export type ErrorSpec = Readonly<{
  /** Starts with the action that failed, quotes values, then a colon and the state. */
  message: string
  /** What the person at the keyboard can do about it. */
  remedy: string
  /** Whether the same call may succeed later without anything being changed. */
  retry: boolean
  exit: ExitCode
}>

export type ErrorTable = Readonly<Record<string, ErrorSpec>>

export class AnnealError extends Error {
  readonly code: string
  readonly remedy: string
  readonly retry: boolean
  readonly exit: ExitCode
  readonly data: ErrorData

  constructor(code: string, spec: ErrorSpec, data: ErrorData, cause?: unknown) {
    super(fill(spec.message, data), cause === undefined ? undefined : { cause })
    this.name = 'AnnealError'
    this.code = code
    this.remedy = fill(spec.remedy, data)
    this.retry = spec.retry
    this.exit = spec.exit
    this.data = data
  }
}

/** What stands in braces in a text, where it is a name: `{why}`, and not `{replace: when-idle}`. */
type NamesIn<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? (Name extends `${string}${' ' | ':' | '"' | ',' | '{'}${string}` ? never : Name) | NamesIn<Rest>
  : never

/** Every value that the texts of an error quote: whoever raises it has to give them all. */
type Quoted<Spec extends ErrorSpec> = Readonly<
  Record<NamesIn<Spec['message'] | Spec['remedy']>, Exclude<ErrorData[string], undefined>>
>

export type Raise<T extends ErrorTable> = <Code extends keyof T & string>(
  code: Code,
  ...rest: {} extends Quoted<T[Code]>
    ? [data?: ErrorData, cause?: unknown]
    : [data: ErrorData & Quoted<T[Code]>, cause?: unknown]
) => AnnealError

/** Gives the function that makes (not throws) this room's errors: `throw raise('CODE', { … }, cause)`. */
export function errorsOf<T extends ErrorTable>(table: T): Raise<T> {
  return (code, ...[data = {}, cause]) => {
    const spec = table[code]
    if (spec === undefined) throw new TypeError(`unknown error code ${code}`)
    return new AnnealError(code, spec, data, cause)
  }
}

export function isAnnealError(error: unknown, code?: string): error is AnnealError {
  return error instanceof AnnealError && (code === undefined || error.code === code)
}

/** Replaces `{name}` by the value of that name; an absent value shows as `?`. */
function fill(template: string, data: ErrorData): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = data[name]
    if (value === undefined) return '?'
    return Array.isArray(value) ? value.join(', ') : String(value)
  })
}
