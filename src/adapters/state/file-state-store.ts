import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import {
  decodeDeployments,
  decodeHistoryLine,
  decodeJournalLine,
  encodeDeployments,
  encodeHistoryLine,
  encodeJournalLine,
} from '../../contract/index.ts'
import { canonicalJson, isAnnealError } from '../../core/index.ts'
import type { Deployments, HistoryRecord, JournalEntry, Lock, StateStore } from '../../ports/index.ts'
import { appendLine, replaceFile, reserveSpace, syncDirectory, truncateFile } from './durable-file.ts'
import { raise } from './errors.ts'
import { takeLock } from './sqlite-lock.ts'

const RESERVE_BYTES = 1024 * 1024
const NOTHING: Deployments = { version: 1, current: undefined, previous: undefined }
const FIRST_HASH = '0'.repeat(64)

/**
 * A node's memory under one directory (by default /var/lib/anneal):
 * `deployments.json` (the commit point), `journal.jsonl` (the run under way), `journal.last.jsonl` (the one before),
 * `history.jsonl` (hash-chained), `files/` and `lock.db`. All of it is mode 0600.
 */
export class FileStateStore implements StateStore {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
    try {
      mkdirSync(join(directory, 'files'), { recursive: true, mode: 0o700 })
    } catch (error) {
      throw raise('STATE_UNWRITABLE', { path: directory, why: (error as Error).message }, error)
    }
  }

  async lock(holder: string): Promise<Lock> {
    return takeLock(this.#path('lock.db'), holder)
  }

  async appendJournal(entry: JournalEntry): Promise<void> {
    appendLine(this.#path('journal.jsonl'), encodeJournalLine(entry), this.#path('reserve'))
  }

  async readJournal(): Promise<readonly JournalEntry[]> {
    const path = this.#path('journal.jsonl')
    const text = readText(path)
    if (text === undefined) return []
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    // A line without its end was being written when the power went: its effect was never begun.
    if (whole.length !== text.length) truncateFile(path, Buffer.byteLength(whole))
    return linesOf(path, whole, decodeJournalLine)
  }

  async startJournal(): Promise<void> {
    reserveSpace(this.#path('reserve'), RESERVE_BYTES)
    const path = this.#path('journal.jsonl')
    if (existsSync(path)) {
      renameSync(path, this.#path('journal.last.jsonl'))
      syncDirectory(this.#directory)
    }
  }

  async readDeployments(): Promise<Deployments> {
    const path = this.#path('deployments.json')
    const text = readText(path)
    if (text === undefined) return NOTHING
    return { ...NOTHING, ...decoded(path, () => decodeDeployments(text)) }
  }

  async writeDeployments(deployments: Deployments): Promise<void> {
    replaceFile(this.#path('deployments.json'), encodeDeployments(deployments))
  }

  async appendHistory(record: HistoryRecord['record']): Promise<string> {
    const previousHash = (await this.readHistory()).at(-1)?.hash ?? FIRST_HASH
    const hash = hashOf(previousHash, record)
    appendLine(
      this.#path('history.jsonl'),
      encodeHistoryLine({ previousHash, hash, record }),
      this.#path('reserve'),
    )
    return hash
  }

  async readHistory(): Promise<readonly HistoryRecord[]> {
    const path = this.#path('history.jsonl')
    const text = readText(path)
    if (text === undefined) return []
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    if (whole.length !== text.length) truncateFile(path, Buffer.byteLength(whole))
    const records = linesOf(path, whole, decodeHistoryLine)
    let previousHash = FIRST_HASH
    for (const [index, record] of records.entries()) {
      if (record.previousHash !== previousHash || record.hash !== hashOf(previousHash, record.record)) {
        throw raise('HISTORY_BROKEN', { path, index })
      }
      previousHash = record.hash
    }
    return records
  }

  async saveFile(name: string, text: string): Promise<void> {
    replaceFile(this.#path('files', safeName(name)), text)
  }

  async readFile(name: string): Promise<string | undefined> {
    return readText(this.#path('files', safeName(name)))
  }

  #path(...parts: string[]): string {
    return join(this.#directory, ...parts)
  }
}

function hashOf(previousHash: string, record: unknown): string {
  return createHash('sha256')
    .update(`${previousHash}\n${canonicalJson(record)}`)
    .digest('hex')
}

function safeName(name: string): string {
  return name.replaceAll(/[^\w.:-]/g, '_')
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw raise('STATE_UNREADABLE', { path, why: (error as Error).message }, error)
  }
}

function linesOf<T>(path: string, text: string, decode: (line: string) => T): readonly T[] {
  const lines = text.split('\n').filter((line) => line !== '')
  return lines.map((line, index) =>
    decoded(path, () => decode(line), lines.length === 1 ? '' : `line ${index + 1}: `),
  )
}

function decoded<T>(path: string, decode: () => T, where = ''): T {
  try {
    return decode()
  } catch (error) {
    if (!isAnnealError(error, 'DOCUMENT_INVALID')) throw error
    throw raise('STATE_UNREADABLE', { path, why: `${where}${String(error.data['why'])}` }, error)
  }
}
