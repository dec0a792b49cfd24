import { relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

/** Enough for an assertion's two values and the last lines of a program. */
const REASON_LINES = 24
const REASON_CHARACTERS = 2000

/** One test, as it ended. */
export type Outcome = Readonly<{ name: string; where: string; reason: string }>

/** What `node:test` tells of a test or suite that has ended, as far as it is counted. */
export type Ended = Readonly<{
  name: string
  file?: string | undefined
  skip?: string | boolean | undefined
  todo?: string | boolean | undefined
  details: Readonly<{ type?: string | undefined; error?: Readonly<Error & { failureType?: unknown }> }>
}>

/** Counts tests over several runs. Nothing that did not run counts as passed. */
export class Tally {
  passed = 0
  readonly failed: Outcome[] = []
  readonly skipped: Outcome[] = []
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  get ended(): number {
    return this.passed + this.failed.length + this.skipped.length
  }

  /** `test:pass`: also what was skipped, is still to be done, or is a file without any test comes as passed. */
  testPassed(ended: Ended): void {
    if (ended.name === ended.file) {
      this.failed.push(this.#outcome(ended, 'holds no test'))
      return
    }
    const skipped = reasonOf(ended.skip) ?? reasonOf(ended.todo)
    if (skipped !== undefined) this.skipped.push(this.#outcome(ended, skipped))
    else if (ended.details.type !== 'suite') this.passed += 1
  }

  /** `test:fail`: a suite whose tests failed says it again, and is not counted twice. */
  testFailed(ended: Ended): void {
    const again = ended.details.type === 'suite' && ended.details.error?.failureType === 'subtestsFailed'
    if (!again) this.failed.push(this.#outcome(ended, messageOf(ended.details.error)))
  }

  add(name: string, outcome: 'passed' | 'failed', reason = ''): void {
    if (outcome === 'passed') this.passed += 1
    else this.failed.push({ name, where: '', reason })
  }

  skip(name: string, reason: string): void {
    this.skipped.push({ name, where: '', reason })
  }

  /** The one line that everything ends with. */
  line(): string {
    return `${this.passed} passed, ${this.failed.length} failed, ${this.skipped.length} skipped`
  }

  #outcome(ended: Ended, reason: string): Outcome {
    return {
      name: ended.name === ended.file ? 'file' : ended.name,
      where: relative(this.#root, ended.file ?? this.#root),
      reason,
    }
  }
}

/** The runner wraps what the test threw: its message says why. A long one (two documents that differ) is cut. */
function messageOf(error: Error | undefined): string {
  const { message = '' } = error?.cause instanceof Error ? error.cause : (error ?? {})
  const text = stripVTControlCharacters(message).trim()
  const kept = text.split('\n').slice(0, REASON_LINES).join('\n').slice(0, REASON_CHARACTERS)
  return kept === text ? text : `${kept} …`
}

function reasonOf(mark: string | boolean | undefined): string | undefined {
  if (mark === undefined || mark === false) return undefined
  return mark === true || mark === '' ? 'no reason given' : mark
}
