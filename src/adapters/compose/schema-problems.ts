import type { ErrorObject } from 'ajv'
import type { Problem } from '../../node/release/index.ts'
import { formatPath } from '../../node/release/index.ts'
import { raise } from './errors.ts'
import { hintFor } from './hints.ts'
import type { Asker } from './hints.ts'
import type { SchemaError } from './schemas.ts'

/**
 * Turns a validator's errors into one problem for each thing that a person would correct: alternatives of the same
 * value are merged, and where one alternative fits in kind only its own errors are told.
 */
export function schemaProblems(errors: readonly SchemaError[], asker: Asker = 'release'): readonly Problem[] {
  const groups = Map.groupBy(errors, (one) => JSON.stringify(one.path))
  return [...groups.values()].flatMap((group) => {
    const path = group[0]?.path ?? []
    const deeper = errors.some(
      (one) => one.path.length > path.length && path.every((step, index) => one.path[index] === step),
    )
    return problemsAt(group, deeper, (one) => problem(one, asker))
  })
}

function problemsAt(
  group: readonly SchemaError[],
  deeper: boolean,
  told: (one: SchemaError) => Problem,
): readonly Problem[] {
  const isAlternative = group.some((one) => one.error.keyword === 'oneOf' || one.error.keyword === 'anyOf')
  const kinds = group.filter((one) => one.error.keyword === 'type')
  const others = group.filter((one) => !['type', 'oneOf', 'anyOf', 'if'].includes(one.error.keyword))
  const choice = group.map((one) => exclusiveKeys(one.error)).find((keys) => keys.length > 0)
  const first = group[0]
  if (first === undefined) return []
  if (choice !== undefined)
    return [value(first, `exactly one of ${choice.join(', ')}`, 'another number of them')]
  if (isAlternative && (others.length > 0 || deeper)) return others.map(told)
  if (kinds.length > 0) {
    const expected = new Set(
      kinds.flatMap((one) => one.error.params['type'] as string | string[]).map(kindName),
    )
    return [value(first, [...expected].join(' or '), describe(first.error.data)), ...others.map(told)]
  }
  if (others.length === 0)
    return [value(first, 'one of the forms that the specification gives', describe(first.error.data))]
  return others.map(told)
}

/** The keys of a `oneOf` that asks for exactly one of them. */
function exclusiveKeys(error: ErrorObject): readonly string[] {
  if (error.keyword !== 'oneOf' || !Array.isArray(error.schema)) return []
  const keys = (error.schema as { required?: readonly string[] }[]).map((branch) =>
    branch.required?.length === 1 && Object.keys(branch).length === 1 ? branch.required[0] : undefined,
  )
  return keys.every((key) => key !== undefined) ? keys : []
}

function problem(one: SchemaError, asker: Asker): Problem {
  const { path, error } = one
  const parent = (error.parentSchema ?? {}) as { description?: string }
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(error.params['additionalProperty'])
      const where = path.length === 0 ? 'the top level' : `"${formatPath(path)}"`
      const hint = hintFor(key, path, error.parentSchema, asker)
      return { path: [...path, key], at: 'key', error: raise('SCHEMA_UNKNOWN_KEY', { key, where, hint }) }
    }
    case 'required':
      return {
        path,
        at: 'key',
        error: raise('SCHEMA_KEY_MISSING', { key: String(error.params['missingProperty']) }),
      }
    case 'enum':
      return value(
        one,
        (error.params['allowedValues'] as unknown[]).join(', '),
        describe(error.data, 'quote'),
      )
    case 'uniqueItems':
      return value(one, 'each item once', 'an item twice')
    default:
      return value(one, parent.description ?? error.message ?? 'another value', describe(error.data))
  }
}

function value(one: SchemaError, expected: string, found: string): Problem {
  return { path: one.path, at: 'value', error: raise('SCHEMA_VALUE', { expected, found }) }
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  null: 'nothing',
  array: 'a list',
  object: 'a map',
}

function kindName(kind: string): string {
  return KINDS[kind] ?? kind
}

/** What kind of value it is. The value itself may be a secret and is quoted only where one of a few words was expected. */
function describe(data: unknown, mode?: 'quote'): string {
  if (mode === 'quote' && typeof data === 'string' && data.length <= 40) return `"${data}"`
  if (data === null) return 'nothing'
  if (Array.isArray(data)) return 'a list'
  return kindName(
    typeof data === 'number' && !Number.isInteger(data)
      ? 'number'
      : typeof data === 'number'
        ? 'integer'
        : typeof data,
  )
}
