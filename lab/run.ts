import { spawn } from 'node:child_process'
import { raise } from './errors.ts'

export type RunResult = Readonly<{ exitCode: number; stdout: string; stderr: string }>

export type RunOptions = Readonly<{
  input?: string
  /** The program is killed after this; the exit code is then 124, as with timeout(1). */
  timeoutMs?: number
  env?: Readonly<Record<string, string>>
  cwd?: string
  /** Called with each whole line of stdout and stderr as it comes. */
  onLine?: (line: string) => void
  /** The same for stderr alone. */
  onStderrLine?: (line: string) => void
}>

/** Runs a program to its end. Rejects only where it could not be started. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [program = '', ...rest] = argv
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    })
    let stdout = ''
    let stderr = ''
    let timedOut = false
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true
            child.kill('SIGKILL')
          }, options.timeoutMs)
    const out = lines(options.onLine)
    const err = lines(options.onStderrLine ?? options.onLine)
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      out(text)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
      err(text)
    })
    // A program that ends without reading its input is not an error of ours.
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input ?? '')
    child.on('error', (cause) => {
      clearTimeout(timer)
      reject(
        raise(
          'LAB_COMMAND_FAILED',
          { action: 'run a program', command: program, exitCode: 127, output: cause.message },
          cause,
        ),
      )
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ exitCode: timedOut ? 124 : (code ?? 128), stdout, stderr })
    })
  })
}

/** Runs a program that must succeed and gives its stdout. `action` completes "Cannot …". */
export async function must(
  action: string,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const result = await run(argv, options)
  if (result.exitCode !== 0) {
    const output = tail(`${result.stderr}\n${result.stdout}`)
    throw raise('LAB_COMMAND_FAILED', {
      action,
      command: argv.join(' ').slice(0, 200),
      exitCode: result.exitCode,
      output,
    })
  }
  return result.stdout
}

/** The last lines that hold something. */
export function tail(text: string, count = 6): string {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n')
}

function lines(onLine: ((line: string) => void) | undefined): (text: string) => void {
  let rest = ''
  return (text) => {
    if (onLine === undefined) return
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    for (const line of parts) onLine(line)
  }
}

/** Progress for people: to stderr, so that stdout stays data. */
export function say(line: string): void {
  process.stderr.write(`lab: ${line}\n`)
}
