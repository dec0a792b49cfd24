import { raise } from './errors.ts'
import type { Shape } from './shape.ts'

/**
 * Reads a JSON text as the document whose shape is given. `document` names it in the error: `boot.json`. Throws
 * DOCUMENT_INVALID where the text is not JSON, or where a member that readers rely on is missing or of another kind.
 */
export function decodeText<T>(document: string, source: string, shape: Shape<T>): T {
  const value = parseJson(document, source)
  const problem = shape.problem(value, '')
  if (problem !== undefined) throw raise('DOCUMENT_INVALID', { document, why: problem })
  return value as T
}

function parseJson(document: string, source: string): unknown {
  try {
    return JSON.parse(source) as unknown
  } catch (error) {
    throw raise('DOCUMENT_INVALID', { document, why: (error as Error).message }, error)
  }
}
