import type { AnyDocument } from './documents.ts'

/** The text of a document for a file or for standard output: two spaces of indentation, a newline at the end. */
export function encodeDocument(document: AnyDocument): string {
  return `${JSON.stringify(document, undefined, 2)}\n`
}

/** The text of a document as one line of a stream, with its newline. */
export function encodeLine(document: AnyDocument): string {
  return `${JSON.stringify(document)}\n`
}
