import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import type { ValidateFunction } from 'ajv'
import { DOCUMENTS } from '../../../src/contract/index.ts'
import type { DocumentName, STATE_FILES } from '../../../src/contract/index.ts'
import { PROGRESS_SCHEMA_PATH, schemaPath, stateFileSchemaPath } from '../../../scripts/docs/index.ts'
import { ROOT } from '../../../scripts/source/index.ts'

// Each schema validates some documents only: to optimise its code would take longer than it saves.
const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true, code: { optimize: false } })
const compiled = new Map<string, ValidateFunction>()

/** What problems call a line of progress. */
const PROGRESS = 'progress'

export const NAMES = Object.keys(DOCUMENTS) as DocumentName[]

/** What is wrong with a document by the published schema of its name, with unknown members forbidden. */
export function problemsOf(document: unknown): readonly string[] {
  const name = (document as { schema?: string } | null)?.schema ?? ''
  if (!(NAMES as readonly string[]).includes(name)) return [`"${name}" is not in DOCUMENTS`]
  return problems(name, document, 'closed')
}

/** The same for the content of a state file, or for one line of it. */
export function problemsOfStateFile(file: keyof typeof STATE_FILES, value: unknown): readonly string[] {
  return problems(file, value, 'closed')
}

/** The same for a line of progress. */
export function problemsOfProgress(value: unknown): readonly string[] {
  return problems(PROGRESS, value, 'closed')
}

/** What is wrong with a document of an earlier version: it may have members that have gone. */
export function problemsOfEarlier(name: string, value: unknown): readonly string[] {
  return problems(name, value, 'open')
}

/** The kinds of progress that the schema names. */
export function progressEvents(): readonly string[] {
  type Event = Readonly<{ const?: string; enum?: readonly string[] }>
  const { definitions } = readSchema(PROGRESS) as {
    definitions: Readonly<Record<string, Readonly<{ properties?: Readonly<{ event?: Event }> }>>>
  }
  return Object.values(definitions)
    .flatMap(
      ({ properties: { event } = {} }) => event?.enum ?? (event?.const === undefined ? [] : [event.const]),
    )
    .toSorted()
}

function problems(name: string, value: unknown, how: 'closed' | 'open'): readonly string[] {
  const schema = readSchema(name)
  const key = `${how} ${name}`
  const validate = compiled.get(key) ?? ajv.compile((how === 'closed' ? closed(schema) : schema) as object)
  compiled.set(key, validate)
  if (validate(value)) return []
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${name}${instancePath}: ${message} ${JSON.stringify(params)}`,
  )
}

export function readSchema(name: string): unknown {
  if (name === PROGRESS) return JSON.parse(readFileSync(join(ROOT, PROGRESS_SCHEMA_PATH), 'utf8'))
  const path = name.includes('/') ? schemaPath(name) : stateFileSchemaPath(name)
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8'))
}

/** The published schemas are open; what the program prints has nothing beyond them. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map((one) => closed(one))
  if (typeof schema !== 'object' || schema === null) return schema
  const members = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]))
  const isRecord = members['type'] === 'object' && !('additionalProperties' in members)
  return isRecord && 'properties' in schema && typeof schema.properties === 'object'
    ? { ...members, additionalProperties: false }
    : members
}
