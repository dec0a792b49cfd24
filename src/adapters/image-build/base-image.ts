import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { Engine, ImageFacts } from '../../ports/index.ts'
import { raise } from './errors.ts'

const TOOL = 'mmdebstrap'
/** What a script that is told to end may take to remove its own temporary files. */
const GRACE_MS = 15_000
const TELL_EVERY_MS = 30_000

export type BaseOptions = Readonly<{
  /** More environment of the script. */
  arguments?: Readonly<Record<string, string>>
  /** Called every half a minute while the script has not written anything yet. */
  onWait?: (line: string) => void
  signal?: AbortSignal
}>

/**
 * Streams the root tar that the script writes into the engine: the tar never lies on disk.
 *
 * The script may be silent for as long as its mirror takes. The engine is asked only once the first byte is there,
 * because dockerd closes a connection that sends no request within five minutes.
 * @throws BASE_FAILED where the script or the import fails; no process of the script is left then
 */
export async function makeBase(
  engine: Pick<Engine, 'importImage'>,
  script: string,
  reference: string,
  options: BaseOptions = {},
): Promise<ImageFacts> {
  if (!existsSync(`/usr/bin/${TOOL}`)) throw raise('BASE_TOOL_MISSING', { tool: TOOL })
  options.signal?.throwIfAborted()
  // A process group of its own: whatever the script starts ends with it.
  const child = spawn(script, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, ...options.arguments },
  })
  let output = ''
  child.stderr.on('data', (chunk: Buffer) => (output = `${output}${chunk.toString()}`.slice(-2000)))
  const ended = new Promise<number>((resolve) => {
    child.once('error', () => resolve(127))
    child.once('close', (code) => resolve(code ?? 128))
  })
  const failed = (code: number, cause?: unknown): Error =>
    raise('BASE_FAILED', { script, code, output: output.trim() || 'it printed nothing' }, cause)
  const interrupted = (): void => signalGroup(child, 'SIGTERM')
  options.signal?.addEventListener('abort', interrupted)
  try {
    if (!(await firstByte(child.stdout, options.onWait))) {
      options.signal?.throwIfAborted()
      throw failed(await ended)
    }
    const image = engine.importImage(child.stdout, reference, {})
    // Whoever reads the import's error does so below, after the script's own end is known.
    image.catch(() => undefined)
    const code = await Promise.race([ended, image.then(() => ended)])
    // The engine imports what it got, also a tar that was cut short.
    if (code !== 0) throw failed(code)
    return await image
  } catch (error) {
    // Nobody reads the tar any more: a script that still writes would wait for ever.
    child.stdout.destroy()
    await endGroup(child, ended)
    options.signal?.throwIfAborted()
    throw error
  } finally {
    options.signal?.removeEventListener('abort', interrupted)
  }
}

/** Waits until there is something to read, and says so while it waits. False where the stream ends without a byte. */
async function firstByte(stream: Readable, onWait?: (line: string) => void): Promise<boolean> {
  const startedAt = performance.now()
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    onWait?.(`waiting for ${TOOL} to write the first byte (${seconds} s)`)
  }, TELL_EVERY_MS)
  try {
    // `readable` also comes at the end of an empty stream.
    await once(stream, 'readable')
    return stream.readableLength > 0
  } finally {
    clearInterval(timer)
  }
}

async function endGroup(child: ChildProcess, ended: Promise<number>): Promise<void> {
  signalGroup(child, 'SIGTERM')
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE_MS)
  await ended
  clearTimeout(timer)
  signalGroup(child, 'SIGKILL')
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // The group is gone.
  }
}
