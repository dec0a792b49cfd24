import type { Deployments, HistoryRecord, JournalEntry, Lock, StateStore } from '../../ports/index.ts'
import type { CrashPoints } from '../../saga/index.ts'
import type { StateSnapshot } from './node-snapshot.ts'

/** A node's memory that survives the program: what a call has resolved is kept, as an fsync keeps it. */
export class MemoryState implements StateStore {
  readonly where = 'memory'
  journal: JournalEntry[] = []
  history: HistoryRecord[] = []
  deployments: Deployments = { version: 1, current: undefined, previous: undefined }
  readonly files = new Map<string, string>()
  readonly #points: CrashPoints

  constructor(points: CrashPoints) {
    this.#points = points
  }

  restore({ journal, history, deployments, files }: StateSnapshot): void {
    this.journal = [...journal]
    this.history = [...history]
    this.deployments = deployments
    for (const [name, text] of Object.entries(files)) this.files.set(name, text)
  }

  async lock(): Promise<Lock> {
    return { release: async () => undefined }
  }

  appendJournal(entry: JournalEntry): Promise<void> {
    return this.#points.around(`journal ${entry.type}`, () => {
      this.journal.push(JSON.parse(JSON.stringify(entry)) as JournalEntry)
    })
  }

  async readJournal(): Promise<readonly JournalEntry[]> {
    return this.journal
  }

  startJournal(): Promise<void> {
    return this.#points.around('startJournal', () => {
      this.journal = []
    })
  }

  async readDeployments(): Promise<Deployments> {
    return this.deployments
  }

  writeDeployments(deployments: Deployments): Promise<void> {
    return this.#points.around('writeDeployments', () => {
      this.deployments = JSON.parse(JSON.stringify(deployments)) as Deployments
    })
  }

  appendHistory(record: HistoryRecord['record']): Promise<string> {
    return this.#points.around('appendHistory', () => {
      const previousHash = this.history.at(-1)?.hash ?? '0'.repeat(64)
      const hash = String(this.history.length + 1).padStart(64, '0')
      this.history.push({ previousHash, hash, record })
      return hash
    })
  }

  async readHistory(): Promise<readonly HistoryRecord[]> {
    return this.history
  }

  saveFile(name: string, text: string): Promise<void> {
    return this.#points.around(`saveFile ${name.slice(0, 8)}`, () => {
      this.files.set(name, text)
    })
  }

  async readFile(name: string): Promise<string | undefined> {
    return this.files.get(name)
  }
}
