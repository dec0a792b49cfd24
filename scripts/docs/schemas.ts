import { join } from 'node:path'
import { DOCUMENTS, STATE_FILES } from '../../src/contract/index.ts'
import type { DocumentSpec, StateFileSpec } from '../../src/contract/index.ts'
import { ROOT } from '../source/index.ts'
import type { Page } from './pages.ts'

type Schema = { [key: string]: unknown }

/** `anneal.boot/1` → `docs/schemas/boot-1.json`. */
export function schemaPath(name: string): string {
  return `docs/schemas/${name.replace(/^anneal\./, '').replace('/', '-')}.json`
}

/** `journal.jsonl` → `docs/schemas/journal-line.json`: each of its lines is one document. */
export function stateFileSchemaPath(file: string): string {
  return `docs/schemas/${file.replace(/\.jsonl$/, '-line.json')}`
}

export const PROGRESS_SCHEMA_PATH = 'docs/schemas/progress-line.json'

/** One JSON Schema (draft 7) for each document, from its TypeScript type; docstrings become descriptions. */
export async function schemaPages(): Promise<readonly Page[]> {
  const { createGenerator } = await loadGenerator()
  const generator = createGenerator({
    path: join(ROOT, 'src/contract/index.ts'),
    tsconfig: join(ROOT, 'scripts/docs/schemas.tsconfig.json'),
    type: '*',
    expose: 'export',
    topRef: false,
    jsDoc: 'extended',
    // `npm run ok` has checked the types.
    skipTypeCheck: true,
  })
  const page = (path: string, title: string, type: string): Page => {
    const { $schema, description, ...rest } = open(generator.createSchema(type)) as Schema
    const schema = { $schema, title, description: description ?? '', ...rest }
    return { path, text: `${JSON.stringify(schema, undefined, 2)}\n` }
  }
  return [
    ...Object.entries<DocumentSpec>(DOCUMENTS).map(([name, { type }]) => page(schemaPath(name), name, type)),
    ...Object.entries<StateFileSpec>(STATE_FILES).map(([name, { type }]) =>
      page(stateFileSchemaPath(name), name, type),
    ),
    page(PROGRESS_SCHEMA_PATH, 'a line of progress', 'ProgressLine'),
  ]
}

/** Readers ignore members that they do not know: what is published forbids none. */
function open(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map((one) => open(one))
  if (typeof schema !== 'object' || schema === null) return schema
  const members = Object.entries(schema).filter(
    ([key, value]) => key !== 'additionalProperties' || value !== false,
  )
  return Object.fromEntries(members.map(([key, value]) => [key, open(value)]))
}

async function loadGenerator() {
  try {
    return await import('ts-json-schema-generator')
  } catch (error) {
    throw new Error('ts-json-schema-generator is not installed: run "npm ci"', { cause: error })
  }
}
