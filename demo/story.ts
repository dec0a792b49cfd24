import { formatDuration } from '../src/core/index.ts'

/** One measured fact of the table at the end. */
export type Fact = Readonly<{ what: string; value: string }>

/** A part of the story and how long it took. */
export type Chapter = Readonly<{ title: string; seconds: number }>

/** Tells the story on stderr as it happens, and keeps the facts. */
export class Story {
  readonly facts: Fact[] = []
  readonly #startedAt = performance.now()
  readonly #chapters: { title: string; startedAt: number }[] = []

  chapter(title: string): void {
    this.#chapters.push({ title, startedAt: performance.now() })
    process.stderr.write(`\n${paint(1, `[${this.#elapsed()}] ${this.#chapters.length}. ${title}`)}\n`)
  }

  /** Each ends where the next begins, the last one now. */
  get chapters(): readonly Chapter[] {
    const now = performance.now()
    return this.#chapters.map(({ title, startedAt }, index) => {
      const end = this.#chapters[index + 1]?.startedAt ?? now
      return { title, seconds: Math.round((end - startedAt) / 100) / 10 }
    })
  }

  say(text: string): void {
    for (const line of text.trimEnd().split('\n')) process.stderr.write(`    ${line}\n`)
  }

  fact(what: string, value: string): void {
    this.facts.push({ what, value })
    process.stderr.write(`    ${paint(32, '✓')} ${what}: ${value}\n`)
  }

  /** The table, to stdout. */
  table(): string {
    const rows = [...this.facts, { what: 'whole demo', value: this.#elapsed() }]
    const width = Math.max(...rows.map(({ what }) => what.length))
    return `\n${rows.map(({ what, value }) => `${what.padEnd(width)}  ${value}`).join('\n')}\n`
  }

  #elapsed(): string {
    return formatDuration(performance.now() - this.#startedAt)
  }
}

function paint(code: number, text: string): string {
  const plain = (process.env['NO_COLOR'] ?? '') !== '' || !process.stderr.isTTY
  return plain ? text : `\u001B[${code}m${text}\u001B[0m`
}

/** A step of the demo did not do what it is there to show. */
export class DemoFailure extends Error {
  override readonly name = 'DemoFailure'
}

export function expect(truth: boolean, what: string, detail = ''): asserts truth {
  if (!truth) throw new DemoFailure(`${what}${detail === '' ? '' : `\n${detail}`}`)
}
