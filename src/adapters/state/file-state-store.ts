import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolderSync } from '../folders/index.ts'
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
import {
  appendLine,
  readIfThere,
  replaceFile,
  reserveSpace,
  syncDirectory,
  truncateFile,
} from './durable-file.ts'
import { raise } from './errors.ts'
import { takeLock } from './sqlite-lock.ts'

export type StateAccess = 'read' | 'write'

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
  readonly #access: StateAccess

  /** `read` creates, cuts and keeps nothing; what is saved is dropped. Any other write is a mistake, and throws. */
  constructor(directory: string, access: StateAccess = 'write') {
    this.#directory = directory
    this.#access = access
    if (access === 'read') return
    try {
      makeFolderSync(join(directory, 'files'), { mode: 0o700 })
    } catch (error) {
      throw raise('STATE_UNWRITABLE', { path: directory, why: (error as Error).message }, error)
    }
  }

  get where(): string {
    return `"${this.#directory}"${existsSync(this.#directory) ? '' : ', which does not exist'}`
  }

  async lock(holder: string): Promise<Lock> {
    this.#mayWrite()
    return takeLock(this.#path('lock.db'), holder)
  }

  async appendJournal(entry: JournalEntry): Promise<void> {
    this.#mayWrite()
    appendLine(this.#path('journal.jsonl'), encodeJournalLine(entry), this.#path('reserve'))
  }

  async readJournal(): Promise<readonly JournalEntry[]> {
    const path = this.#path('journal.jsonl')
    const text = readIfThere(path)
    if (text === undefined) return []
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    // A line without its end was being written when the power went: its effect was never begun.
    if (whole.length !== text.length && this.#access === 'write') truncateFile(path, Buffer.byteLength(whole))
    return linesOf(path, whole, decodeJournalLine)
  }

  async startJournal(): Promise<void> {
    this.#mayWrite()
    reserveSpace(this.#path('reserve'), RESERVE_BYTES)
    const path = this.#path('journal.jsonl')
    if (existsSync(path)) {
      renameSync(path, this.#path('journal.last.jsonl'))
      syncDirectory(this.#directory)
    }
  }

  async readDeployments(): Promise<Deployments> {
    const path = this.#path('deployments.json')
    const text = readIfThere(path)
    if (text === undefined) return NOTHING
    return { ...NOTHING, ...decoded(path, () => decodeDeployments(text)) }
  }

  async writeDeployments(deployments: Deployments): Promise<void> {
    this.#mayWrite()
    replaceFile(this.#path('deployments.json'), encodeDeployments(deployments))
  }

  async appendHistory(record: HistoryRecord['record']): Promise<string> {
    this.#mayWrite()
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
    const text = readIfThere(path)
    if (text === undefined) return []
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    if (whole.length !== text.length && this.#access === 'write') truncateFile(path, Buffer.byteLength(whole))
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
    // Whoever only reads still learns what images answer: it is not kept.
    if (this.#access === 'read') return
    replaceFile(this.#path('files', safeName(name)), text)
  }

  async readFile(name: string): Promise<string | undefined> {
    return readIfThere(this.#path('files', safeName(name)))
  }

  #mayWrite(): void {
    assert.equal(this.#access, 'write', 'a store that was opened to be read was written to')
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
