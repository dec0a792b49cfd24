import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** What a program said is kept no longer than this. */
const MOST_SAID = 2000

export class ProgramMissing extends Error {}

/**
 * What a filter of this machine makes of a stream: `bzip2 -dc` and the like (docs/adr/0072). It gets the bytes and no name
 * of a file. Throws ProgramMissing where there is none, and with its own words where it fails.
 */
export async function* programStream(
  program: string,
  argv: readonly string[],
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const child = spawn(program, argv, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(0, MOST_SAID)
  })
  try {
    // Streams of a program that never started may never end: nothing is asked of them before it has.
    await once(child, 'spawn')
  } catch (error) {
    throw new ProgramMissing(`${program} is not installed`, { cause: error })
  }
  const ended = once(child, 'close') as Promise<[code: number | null, signal: string | null]>
  // A program that has met an error stops reading: its own words are what counts then.
  const fed = pipeline(Readable.from(chunks, { objectMode: false }), child.stdin).catch(
    (error: unknown) => error,
  )
  ended.catch(() => undefined)
  try {
    yield* child.stdout as AsyncIterable<Uint8Array>
    const [code, signal] = await ended
    if (code !== 0) throw new Error(said.trim().split('\n')[0] || `${program} ended with ${code ?? signal}`)
    const error = await fed
    if (error instanceof Error) throw error
  } finally {
    child.kill('SIGKILL')
  }
}
