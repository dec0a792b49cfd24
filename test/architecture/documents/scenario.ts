import type { STATE_FILES } from '../../../src/contract/index.ts'
import type { Ran } from './run-command.ts'

export type Kept = Readonly<{ file?: keyof typeof STATE_FILES; text: string }>

/** A command that prints a document, or fails with one. */
export type Scenario = Readonly<{
  name: string
  run: () => Promise<Ran>
  /** 0 by default. */
  exit?: number
  /** What it has kept in files: documents, or contents of state files by the name of the file. */
  kept?: () => readonly Kept[]
}>
