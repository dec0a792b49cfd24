import { execFile } from 'node:child_process'
import { SYSTEM_PATH } from '../programs/index.ts'

/** The program behind a runtime's name, as it names itself. */
export type RuntimeProgram = Readonly<{ family: 'runc' | 'crun' | 'unknown'; version: string | undefined }>

const TIMEOUT_MS = 5000

/** Where runtimes are, whatever PATH Anneal was started with. */
const FIRST = `/usr/local/sbin:/usr/local/bin:${SYSTEM_PATH}`

/**
 * Asks runtimes for `--version` (`runc version 1.1.5+ds1`, `crun version 1.8.1`), each program once. A wrapper that
 * hands its arguments on answers as what it wraps. `undefined` where the program cannot be run.
 */
export function runtimePrograms(): (binary: string) => Promise<RuntimeProgram | undefined> {
  const known = new Map<string, Promise<RuntimeProgram | undefined>>()
  return (binary) => {
    const program = known.get(binary) ?? ask(binary)
    known.set(binary, program)
    return program
  }
}

function ask(binary: string): Promise<RuntimeProgram | undefined> {
  const env = { ...process.env, PATH: `${FIRST}:${process.env['PATH'] ?? ''}` }
  return new Promise((resolve) => {
    execFile(binary, ['--version'], { env, timeout: TIMEOUT_MS }, (error, stdout) =>
      resolve(error === null ? programIn(stdout) : undefined),
    )
  })
}

export function programIn(output: string): RuntimeProgram {
  const [, name, version] = /^(\S+) version (\d+(?:\.\d+)+)/.exec(output) ?? []
  return { family: name === 'runc' || name === 'crun' ? name : 'unknown', version }
}
