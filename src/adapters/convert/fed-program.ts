import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { raise } from './errors.ts'

const MOST_SAID = 2000
/** How much is read ahead of the program: pieces of 256 KiB. */
const AHEAD_PIECES = 16
/** 48 MiB: so many are written between two collections, which take some hundredths of a second each. */
const COLLECTED_PIECES = 192

/**
 * Runs a program with an archive as its standard input. The pieces of the archive belong to it. Throws ROOT_IMAGE_FAILED, and what the archive throws.
 */
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
  const source = Readable.from(archive, { objectMode: true, highWaterMark: AHEAD_PIECES })
  try {
    await once(child, 'spawn')
    // What the reader of the image says counts for more than what the program says of a stream that ended early.
    const fed = pipeline(source, sinkInto(child.stdin), {
      signal: AbortSignal.any([signal, stop.signal]),
    }).then(
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

/**
 * Gives the memory of each piece back when it was written, and has what was read for it collected now and then (Node has `gc` with
 * --expose-gc, which the launcher gives). What waits for a slow program becomes old, and V8 by itself collects that when there are
 * some 60 MiB of it.
 */
function sinkInto(stdin: Writable): Writable {
  let written = 0
  return new Writable({
    objectMode: true,
    highWaterMark: 1,
    write(piece: Uint8Array<ArrayBuffer>, _encoding, done) {
      stdin.write(piece, (error) => {
        // Of a part of an array, others may have the rest.
        if (piece.length === piece.buffer.byteLength) piece.buffer.transfer(0)
        written += 1
        if (written % COLLECTED_PIECES === 0) globalThis.gc?.()
        done(error)
      })
    },
    final: (done) => void stdin.end(done),
    destroy(error, done) {
      stdin.destroy()
      done(error)
    },
  })
}

const BROKEN = ['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED']

/** Its standard input is a socket: what it had not read yet makes the difference. */
function isBroken({ code }: NodeJS.ErrnoException): boolean {
  return code !== undefined && BROKEN.includes(code)
}
