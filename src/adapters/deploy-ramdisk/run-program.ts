import { spawn } from 'node:child_process'
import { searchPath } from '../programs/index.ts'
import { raise } from './errors.ts'

const MOST_SAID = 4000

export type Said = Readonly<{ code: number; stdout: string; stderr: string }>

export type ProgramOptions = Readonly<{
  cwd?: string
  /** Debian package that brings the program. */
  package: string
  /** It ends with an error when it says nothing new for this long. Without it, it may be silent. */
  silenceMs?: number
  onLine?: (line: string) => void
  signal: AbortSignal
}>

/**
 * Runs one program to its end. What it writes is its sign of life: the same line again is none.
 * @throws RAMDISK_TOOL_MISSING, RAMDISK_DOWNLOAD where it is silent for too long
 */
export async function runProgram(argv: readonly string[], options: ProgramOptions): Promise<Said> {
  const { signal } = options
  signal.throwIfAborted()
  const [program = '', ...words] = argv
  const child = spawn(program, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, LC_ALL: 'C', PATH: searchPath() },
  })
  let [stdout, stderr, lastLine] = ['', '', '']
  let isSilent = false
  const kill = (): void => void child.kill('SIGTERM')
  const { silenceMs = 0 } = options
  const isOverSilent = (): void => {
    isSilent = true
    kill()
  }
  const silence = silenceMs > 0 ? setTimeout(isOverSilent, silenceMs) : undefined
  const heard = (text: string): void => {
    const line = text.trimEnd().split('\n').at(-1) ?? ''
    if (line === lastLine) return
    lastLine = line
    silence?.refresh()
    options.onLine?.(line)
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    heard(text)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-MOST_SAID)
    heard(text)
  })
  signal.addEventListener('abort', kill)
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (status) => resolve(status ?? 128))
    })
    signal.throwIfAborted()
    if (isSilent)
      throw raise('RAMDISK_DOWNLOAD', { program, why: `has said nothing for ${silenceMs / 1000} s` })
    return { code, stdout, stderr }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw raise('RAMDISK_TOOL_MISSING', { program, package: options.package }, error)
    throw error
  } finally {
    clearTimeout(silence)
    signal.removeEventListener('abort', kill)
  }
}
