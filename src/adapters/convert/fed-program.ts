import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { raise } from './errors.ts'

const MOST_SAID = 2000
/** How much is read ahead of the program. */
const AHEAD_BYTES = 4 << 20

/** Runs a program with an archive as its standard input. Throws ROOT_IMAGE_FAILED, and what the archive throws. */
export async function feedProgram(
  program: string,
  argv: readonly string[],
  archive: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const child = spawn(program, argv, {
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
  })
  // A program that ends early may break the pipe after the pipeline is over.
  child.stdin.on('error', () => undefined)
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-MOST_SAID)
  })
  const ended = once(child, 'close') as Promise<[code: number | null, signal: string | null]>
  ended.catch(() => undefined)
  const stop = new AbortController()
  const source = Readable.from(archive, { objectMode: false, highWaterMark: AHEAD_BYTES })
  try {
    await once(child, 'spawn')
    // What the reader of the image says counts for more than what the program says of a stream that ended early.
    const fed = pipeline(source, child.stdin, { signal: AbortSignal.any([signal, stop.signal]) }).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error,
    )
    const first = await Promise.race([fed.then(() => undefined), ended])
    if (first !== undefined) stop.abort()
    const failure = await fed
    if (failure !== undefined && !isBroken(failure) && !stop.signal.aborted) throw failure
    const [code, by] = await ended
    if (code !== 0 || failure !== undefined) {
      const why = said.trim().split('\n').slice(-3).join('; ') || `it ended with ${code ?? by}`
      throw raise('ROOT_IMAGE_FAILED', { program, why }, failure)
    }
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    source.destroy()
    if (child.exitCode === null) child.kill('SIGKILL')
    await ended.catch(() => undefined)
  }
}

/** Its standard input is a socket: what it had not read yet makes the difference. */
function isBroken({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || code === 'ECONNRESET'
}
