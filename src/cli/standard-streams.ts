import { raise } from './errors.ts'

/** What a shell shows for a program that SIGPIPE ended: whoever read its output went away. */
const READER_GONE = 141

/**
 * Keeps a command going when whoever reads its output goes away, or its disk is full: an upgrade must not end half-way
 * because a pager was closed or a connection to a terminal was lost; nor stand still because a terminal is held.
 * Afterwards `exitCode` says it, where all else went well: 141 for a closed pipe or terminal, 1 for an output that could
 * not be written.
 */
export function guardStandardStreams(): Readonly<{
  exitCode: (of: number) => number
  /** Calls it once, when either of them has lost its reader. */
  whenLost: (call: () => void) => void
}> {
  const waiting: (() => void)[] = []
  const tellLost = (): void => waiting.splice(0).forEach((call) => call())
  let lost: NodeJS.ErrnoException | undefined
  const exitCode = (of: number): number => {
    if (lost === undefined || of !== 0) return of
    return isReaderGone(lost) ? READER_GONE : 1
  }
  for (const stream of [process.stdout, process.stderr]) waitForNoTerminal(stream)
  process.stderr.on('error', tellLost)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    tellLost()
    if (lost !== undefined) return
    lost = error
    if (!isReaderGone(error)) process.stderr.write(`error: ${unwritable(error).message}\n`)
    process.exitCode = exitCode(Number(process.exitCode ?? 0))
  })
  return { exitCode, whenLost: (call) => void waiting.push(call) }
}

/**
 * Node writes to a terminal as to a file: while it is held (Ctrl-S, a connection that hangs), the whole program stands. Its
 * own switch for that is not documented (node: lib/tty.js sets it); where it should be gone one day, a test tells.
 */
function waitForNoTerminal(stream: NodeJS.WriteStream): void {
  if (!stream.isTTY) return
  const { _handle: handle } = stream as unknown as { _handle?: { setBlocking?: (blocking: boolean) => void } }
  handle?.setBlocking?.(false)
}

/** Throws STDOUT_UNWRITABLE; nothing need be said of it, as the stream's own listener has. */
export function writeBytes(stream: NodeJS.WriteStream, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => (error ? reject(unwritable(error)) : resolve()))
  })
}

function unwritable(error: Error): Error {
  return raise('STDOUT_UNWRITABLE', { why: error.message }, error)
}

function isReaderGone({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || code === 'EIO'
}
