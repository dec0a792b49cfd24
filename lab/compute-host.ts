import { raise } from './errors.ts'
import type { HostSpec } from './host-arguments.ts'
import type { RunResult } from './run.ts'

export type ExecOptions = Readonly<{
  input?: string
  /** The program inside gets SIGTERM, then SIGKILL; the exit code is then 124. Default two minutes. */
  timeoutMs?: number
  env?: Readonly<Record<string, string>>
  /** Called with each line of stderr as it comes. */
  onStderrLine?: (line: string) => void
}>

/** A compute host, whatever it is made of: a container (`Host`) or a virtual machine (`VirtualHost`). */
export interface ComputeHost {
  readonly name: string
  readonly spec: HostSpec
  /** How many times longer than on the machine itself things may take on it: what waits takes this into account. */
  readonly slowness: number
  /** `slowness`, and how busy the machine is now: what a deadline is multiplied by. */
  readonly patience: number
  /** Runs a program on the host. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<RunResult>
  /** Runs a program that must succeed; its stdout. */
  must(argv: readonly string[], options?: ExecOptions): Promise<string>
  /** A shell script on the host that must succeed; its stdout. */
  sh(script: string, options?: ExecOptions): Promise<string>
  /** A file of the host, byte for byte (latin1); empty where there is none. */
  read(path: string): Promise<string>
  /** Removes the host. One that is not there is fine. */
  down(): Promise<void>
}

export const DEFAULT_TIMEOUT_MS = 120_000

/** What runs on the host: bounded there, so that nothing stays behind when the caller gives up. */
export function bounded(argv: readonly string[], timeoutMs: number): readonly string[] {
  return ['timeout', '--kill-after=5', String(timeoutMs / 1000), ...argv]
}

export function shellScript(script: string): readonly string[] {
  return ['bash', '-euo', 'pipefail', '-c', script]
}

/** stdout of a program that has succeeded. Throws LAB_COMMAND_FAILED for another. */
export function succeeded(host: string, argv: readonly string[], result: RunResult): string {
  if (result.exitCode === 0) return result.stdout
  // timeout(1) ends a program with 124.
  const nothing =
    result.exitCode === 124 ? 'it did not end in time and printed nothing' : 'it printed nothing'
  throw raise('LAB_COMMAND_FAILED', {
    action: `run a program on host ${host}`,
    command: argv.join(' ').slice(0, 300),
    exitCode: result.exitCode,
    output: `${result.stderr}${result.stdout}`.trim() || nothing,
  })
}
