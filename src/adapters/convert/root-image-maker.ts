import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import type { RootImageJob, RootImageMaker } from '../../ports/index.ts'
import { raise } from './errors.ts'

const PROGRAM = 'mksquashfs'
/** The first that reads an archive from its standard input. */
const NEEDED = [4, 5] as const
const MOST_SAID = 2000
/** How much is read ahead of the program. */
const AHEAD_BYTES = 4 << 20

/** mksquashfs of squashfs-tools (docs/adr). It gets the archive, and writes the one file that it is told. */
export function rootImageMaker(): RootImageMaker {
  return { require: requireProgram, make }
}

async function requireProgram(signal: AbortSignal): Promise<void> {
  let said: string
  try {
    // Some versions end with 1 here.
    said = await promisify(execFile)(PROGRAM, ['-version'], { signal }).then(
      ({ stdout }) => stdout,
      (error: { stdout?: string; code?: unknown }) => {
        if (typeof error.stdout === 'string' && error.stdout !== '') return error.stdout
        throw error
      },
    )
  } catch (error) {
    signal.throwIfAborted()
    throw raise('ROOT_IMAGE_NEEDS_PROGRAM', { why: `${PROGRAM} is not installed` }, error)
  }
  const [, major = '0', minor = '0'] = /version (\d+)\.(\d+)/.exec(said) ?? []
  const isNew = Number(major) > NEEDED[0] || (Number(major) === NEEDED[0] && Number(minor) >= NEEDED[1])
  if (!isNew) {
    const why = `${PROGRAM} ${major}.${minor} cannot read an archive from its standard input`
    throw raise('ROOT_IMAGE_NEEDS_PROGRAM', { why })
  }
}

async function make(job: RootImageJob, signal: AbortSignal): Promise<number> {
  const { archive, compression, outputPath, offsetBytes, rootMode } = job
  const argv = ['-', outputPath, '-tar', '-noappend', '-quiet', '-no-progress', '-comp', compression]
  // Without it the root directory has the mode 777, whatever an archive says of it.
  argv.push('-root-mode', rootMode.toString(8))
  if (offsetBytes > 0) argv.push('-offset', String(offsetBytes))
  const child = spawn(PROGRAM, argv, {
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
  })
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
    const fed = pipeline(source, child.stdin, { signal: AbortSignal.any([signal, stop.signal]) })
    const first = await Promise.race([fed.then(() => undefined), ended])
    if (first !== undefined) stop.abort()
    const failure = await fed.then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error,
    )
    if (failure !== undefined && failure.code !== 'EPIPE' && !stop.signal.aborted) throw failure
    const [code, by] = await ended
    if (code !== 0 || failure !== undefined) {
      const why = said.trim().split('\n').slice(-3).join('; ') || `it ended with ${code ?? by}`
      throw raise('ROOT_IMAGE_FAILED', { why }, failure)
    }
    return (await stat(outputPath)).size - offsetBytes
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    source.destroy()
    if (child.exitCode === null) child.kill('SIGKILL')
    await ended.catch(() => undefined)
  }
}
