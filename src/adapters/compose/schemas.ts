import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import type { ErrorObject, ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Path, Tree } from '../../node/release/index.ts'
import { isMap } from '../../node/release/index.ts'

/** What a schema has against a value; paths start at the top of the Compose file. */
export type SchemaError = Readonly<{ path: Path; error: ErrorObject }>

type Schemas = Readonly<{ compose: ValidateFunction; release: ValidateFunction; service: ValidateFunction }>

let compiled: Schemas | undefined

/**
 * Checks a Compose file against the Compose Specification's published JSON schema, and its `x-anneal` fields against
 * Anneal's own.
 */
export function validateCompose(tree: Tree): readonly SchemaError[] {
  const schemas = (compiled ??= compile())
  const errors = check(schemas.compose, tree, [])
  if (!isMap(tree)) return errors
  const fields = check(schemas.release, tree['x-anneal'], ['x-anneal'])
  const services = isMap(tree['services']) ? Object.entries(tree['services']) : []
  const perService = services.flatMap(([name, service]) =>
    isMap(service) ? check(schemas.service, service['x-anneal'], ['services', name, 'x-anneal']) : [],
  )
  return [...errors, ...fields, ...perService]
}

function check(validate: ValidateFunction, value: Tree | undefined, base: Path): readonly SchemaError[] {
  if (value === undefined || validate(value)) return []
  return (validate.errors ?? []).map((error) => ({
    path: [...base, ...pointer(error.instancePath, value)],
    error,
  }))
}

/** A JSON pointer (RFC 6901) as a path; list indexes become numbers. */
function pointer(text: string, value: Tree): Path {
  const path: (string | number)[] = []
  let at: Tree | undefined = value
  for (const raw of text.split('/').slice(1)) {
    const key = raw.replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(at)) {
      path.push(Number(key))
      at = (at as readonly Tree[])[Number(key)]
    } else {
      path.push(key)
      at = isMap(at) ? at[key] : undefined
    }
  }
  return path
}

function compile(): Schemas {
  const options = { allErrors: true, verbose: true, strict: false } as const
  const { $schema: _, $id: __, ...compose } = read(composeSchemaFile())
  const own = new Ajv2020(options).addSchema(
    read(fileURLToPath(new URL('x-anneal.schema.json', import.meta.url))),
  )
  return {
    // The published schema names its dialect (draft 7) in a spelling that validators do not know.
    compose: new Ajv(options).compile(compose),
    release: own.compile({ $ref: 'urn:anneal:x-anneal:1#/$defs/release' }),
    service: own.compile({ $ref: 'urn:anneal:x-anneal:1#/$defs/service' }),
  }
}

/** The specification's schema as the package `dclint` carries it; the package's exports hide the file. */
function composeSchemaFile(): string {
  const manifest = createRequire(import.meta.url).resolve('dclint/package.json')
  return join(dirname(manifest), 'schemas', 'compose.schema.json')
}

function read(file: string): Record<string, unknown> {
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
}
