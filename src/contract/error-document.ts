import type { ExitCode } from '../core/index.ts'

/** Why a command failed: one line on standard error, with `--json` or `--progress=jsonl`. */
export type ErrorDocument = Readonly<{
  schema: 'anneal.error/1'
  /** What programs test on; docs/errors.md lists all codes. */
  code: string
  /** For people. Holds no secret. */
  message: string
  /** What the person at the keyboard can do about it. */
  remedy: string
  /** Whether the same call may succeed later without anything being changed. */
  retry: boolean
  /** The exit code of the command. */
  exit: ExitCode
}>
