import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { resolve as absolute } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { raise } from './errors.ts'

const MOST_SAID = 2000
const BANNER = /^debugfs \d/

/**
 * A debugfs that writes into an image. It says what it did only in words: a complaint on its standard error is a failure.
 *
 * INVARIANTS: `done` resolves when every command before it was carried out, which is when debugfs repeats the comment that
 * follows them; after a failure nothing is sent any more; when it is disposed of, the program has ended.
 */
export class DebugfsSession implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #ended: Promise<unknown>
  #marks = 0
  #waiting: Readonly<{ mark: string; resolve: () => void; reject: (error: unknown) => void }> | undefined
  #line = ''
  #said = ''
  #isOver = false

  /** `image` may have `?offset=BYTES` behind it. Commands name files relative to `directory`. */
  constructor(image: string, directory: string, env: Readonly<Record<string, string>>, signal: AbortSignal) {
    this.#child = spawn('debugfs', ['-w', '-f', '-', absolute(image)], {
      cwd: directory,
      stdio: ['pipe', 'pipe', 'pipe'],
      env,
      signal,
    })
    this.#ended = once(this.#child, 'close').catch(() => undefined)
    this.#child.stdin.on('error', () => undefined)
    this.#child.stdout.setEncoding('latin1').on('data', (text: string) => this.#hear(text))
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(0, MOST_SAID)
      if (this.#complaint() !== '') this.#waiting?.reject(this.#failure())
    })
    this.#child.on('error', (error) => this.#end(error))
    this.#child.on('close', () => this.#end(undefined))
  }

  /** Carries out commands, one a line, in latin1. Throws EXT4_FAILED. */
  async done(commands: string): Promise<void> {
    this.#marks += 1
    const mark = `# ${this.#marks} done`
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    promise.catch(() => undefined)
    this.#waiting = { mark, resolve, reject }
    if (this.#isOver || this.#complaint() !== '') throw this.#failure()
    this.#child.stdin.write(`${commands}${mark}\n`, 'latin1')
    await promise
  }

  /** Ends it in order: what it holds in memory goes into the image. Throws EXT4_FAILED. */
  async close(): Promise<void> {
    this.#waiting = undefined
    this.#child.stdin.end()
    await this.#ended
    if (this.#child.exitCode !== 0 || this.#complaint() !== '') throw this.#failure()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL')
    await this.#ended
  }

  #hear(text: string): void {
    const lines = (this.#line + text).split('\n')
    this.#line = lines.pop() ?? ''
    for (const line of lines) if (line === this.#waiting?.mark) this.#waiting.resolve()
  }

  #end(cause: unknown): void {
    this.#isOver = true
    this.#waiting?.reject(cause ?? this.#failure())
  }

  #complaint(): string {
    return this.#said
      .split('\n')
      .filter((line) => line.trim() !== '' && !BANNER.test(line))
      .slice(0, 3)
      .join('; ')
  }

  #failure(): Error {
    const why = this.#complaint() || `it ended with ${this.#child.exitCode ?? this.#child.signalCode}`
    return raise('EXT4_FAILED', { program: 'debugfs', why })
  }
}
