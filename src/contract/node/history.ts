import { decodeText } from '../decode.ts'
import { object, text } from '../shape.ts'
import type { Shape } from '../shape.ts'
import type { RunDocument } from './run-report.ts'

/** One line of history.jsonl: the report of a run, chained to the one before. */
export type HistoryLine = Readonly<{
  /** Hash of the record before; 64 zeros for the first. */
  previousHash: string
  /** SHA-256 over the previous hash, a newline and the canonical JSON of the record, in hexadecimal digits. */
  hash: string
  record: RunDocument
}>

/** The runs of a node. */
export type HistoryDocument = Readonly<{
  schema: 'anneal.history/1'
  /** The oldest first. */
  records: readonly HistoryLine[]
}>

/** Its hash stands for the rest of the record, and one of an earlier version may lack members that came later. */
const RECORD = object<object>({}) as Shape<RunDocument>

const LINE = object<HistoryLine>({ previousHash: text, hash: text, record: RECORD })

/** Reads one line of history.jsonl. Throws DOCUMENT_INVALID. */
export function decodeHistoryLine(source: string): HistoryLine {
  return decodeText('a line of history.jsonl', source, LINE)
}

export function encodeHistoryLine(line: HistoryLine): string {
  return JSON.stringify(line)
}
