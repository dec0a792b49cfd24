import { encodeDocument, encodeLine } from '../contract/index.ts'
import type { AnyDocument, ProgressLine } from '../contract/index.ts'
import type { AnnealError } from '../core/index.ts'
import { printableLines } from './printable.ts'

export type Stream = Readonly<{
  write: (text: string) => void
  /** Resolves when they are taken. Throws STDOUT_UNWRITABLE. */
  writeBytes: (bytes: Uint8Array) => Promise<void>
  isTerminal: boolean
  columns: number
}>

/**
 * Where a command speaks: data to stdout, people to stderr. With `json` the data is one JSON document with a `schema`
 * member; with `progress` events are JSON lines on stderr.
 */
export class Output {
  readonly json: boolean
  readonly jsonProgress: boolean
  readonly #stdout: Stream
  readonly #stderr: Stream
  readonly #color: boolean
  readonly #command: string | undefined
  #live = ''

  constructor(
    stdout: Stream,
    stderr: Stream,
    options: Readonly<{
      json: boolean
      jsonProgress: boolean
      noColor: boolean
      /** The command that runs, as `node recover`. */
      command?: string
    }>,
  ) {
    this.#stdout = stdout
    this.#stderr = stderr
    this.json = options.json
    this.jsonProgress = options.jsonProgress
    this.#color = !options.noColor
    this.#command = options.command
  }

  /** The command's result: the document with --json, else the text. */
  data(document: AnyDocument, text: () => string): void {
    this.clearLive()
    this.#stdout.write(this.json ? encodeDocument(document) : ensureNewline(printableLines(text())))
  }

  /** Text that is itself the data (a Compose file, a log). */
  text(text: string): void {
    this.clearLive()
    this.#stdout.write(ensureNewline(text))
  }

  /** A file's bytes, as they are; the last of them is given away before the next is asked for. */
  async bytes(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    this.clearLive()
    for await (const chunk of chunks) await this.#stdout.writeBytes(chunk)
  }

  /** Bytes of somebody else's (a console), as they come. */
  raw(text: string): void {
    this.clearLive()
    this.#stdout.write(text)
  }

  say(line: string): void {
    this.clearLive()
    if (!this.jsonProgress) this.#stderr.write(`${printableLines(line)}\n`)
  }

  /** `line` is what people read instead. */
  progress(event: ProgressLine, line: string): void {
    if (this.jsonProgress) this.#stderr.write(`${JSON.stringify(event)}\n`)
    else this.say(line)
  }

  /** A line that the next one overwrites; on what is no terminal it is left out. */
  live(line: string): void {
    if (this.jsonProgress || !this.#stderr.isTerminal) return
    const text = printableLines(line).slice(0, Math.max(20, this.#stderr.columns - 1))
    this.#stderr.write(`\r${text.padEnd(this.#live.length)}`)
    this.#live = text
  }

  clearLive(): void {
    if (this.#live === '') return
    this.#stderr.write(`\r${' '.repeat(this.#live.length)}\r`)
    this.#live = ''
  }

  /** A remedy for who has just run this command: where it names this command, it says to run it again. */
  remedy(text: string): string {
    if (this.#command === undefined) return text
    return text.replaceAll(
      new RegExp(`run \`anneal ${this.#command}\`(?: again)?`, 'g'),
      'run this command again',
    )
  }

  error(error: AnnealError): void {
    this.clearLive()
    const remedy = this.remedy(error.remedy)
    if (this.json || this.jsonProgress) {
      const { code, message, retry, exit } = error
      this.#stderr.write(encodeLine({ schema: 'anneal.error/1', code, message, remedy, retry, exit }))
      return
    }
    this.say(`${this.red('error')}: ${error.message}`)
    let said = error.message
    for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
      // Many a message ends with that of its cause.
      if (!said.includes(cause.message)) this.say(`  -> ${cause.message}`)
      said = cause.message
    }
    this.say(`remedy: ${remedy}`)
  }

  red(text: string): string {
    return this.#paint(31, text)
  }

  green(text: string): string {
    return this.#paint(32, text)
  }

  yellow(text: string): string {
    return this.#paint(33, text)
  }

  bold(text: string): string {
    return this.#paint(1, text)
  }

  #paint(code: number, text: string): string {
    return this.#color ? `\u001B[${code}m${text}\u001B[0m` : text
  }
}

function ensureNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`
}
