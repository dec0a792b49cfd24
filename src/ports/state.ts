import type { RunDocument } from '../contract/index.ts'
import type { Deployment } from '../node/index.ts'

/** Where a node's runs are remembered. Everything written here survives a power cut once the call has resolved. */
export interface StateStore {
  /** Where it is, for people: `"/var/lib/anneal"`, and that it does not exist where nothing was ever kept. */
  readonly where: string
  /** Takes the node's lock for the life of the process; NODE_LOCKED names the holder. */
  lock(holder: string): Promise<Lock>
  /** Appends one line to the journal of the run and syncs it. */
  appendJournal(entry: JournalEntry): Promise<void>
  /** The journal of the newest run; a torn last line is left out. Empty where there was none. */
  readJournal(): Promise<readonly JournalEntry[]>
  /** Puts the ended run's journal aside and begins an empty one. */
  startJournal(): Promise<void>
  readDeployments(): Promise<Deployments>
  /** Replaces the file durably: write, sync, rename, sync the directory. This is the commit point. */
  writeDeployments(deployments: Deployments): Promise<void>
  /** Appends a record to the hash-chained history; gives its hash. */
  appendHistory(record: RunDocument): Promise<string>
  readHistory(): Promise<readonly HistoryRecord[]>
  /** Text kept beside the journal under a name (release normal forms, status files). */
  saveFile(name: string, text: string): Promise<void>
  readFile(name: string): Promise<string | undefined>
}

export interface Lock {
  release(): Promise<void>
}

/** One line of the journal. `run` is the run's id; the first entry of a run has type `planned`. */
export type JournalEntry = Readonly<{
  run: string
  sequence: number
  /** RFC 3339. */
  at: string
  type: string
  data: unknown
}>

/** Which releases this node has: the one that a reboot brings up, and the one before it, stopped. */
export type Deployments = Readonly<{
  version: 1
  current: Deployment | undefined
  previous: Deployment | undefined
  /** The containers of somebody else that the first release took over from: they are kept, stopped, to be given back. */
  adopted?: Deployment | undefined
}>

export type HistoryRecord = Readonly<{
  /** Hash of the record before; 64 zeros for the first. */
  previousHash: string
  /** SHA-256 over previousHash and the canonical record. */
  hash: string
  /** One of an earlier version may lack members that came later. */
  record: RunDocument
}>
