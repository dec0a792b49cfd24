import { AnnealError, EXIT } from '../../core/index.ts'
import type { ExitCode } from '../../core/index.ts'
import { raise } from './errors.ts'
import type { FailureData } from './messages.ts'

/** For the way out of a thread. */
export function toData(error: unknown): FailureData {
  const causes: string[] = []
  for (
    let cause = error instanceof Error ? error.cause : undefined;
    cause instanceof Error;
    cause = cause.cause
  ) {
    causes.push(cause.message)
  }
  if (error instanceof AnnealError) {
    const { code, message, remedy, retry, exit } = error
    return { code, message, remedy, retry, exit, causes }
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { code: '', message, remedy: '', retry: false, exit: EXIT.failed, causes }
}

/** And back into an error, on the other side. */
export function fromData(failure: FailureData, image: string): AnnealError {
  const { code, message, remedy, retry, causes } = failure
  if (code === '') return raise('CONVERSION_BROKEN', { image, why: message })
  let cause: Error | undefined
  for (const text of causes.toReversed()) cause = new Error(text, cause && { cause })
  // The text is filled in already: what looks like a placeholder in it comes from a file name.
  const whole = (text: string): string => `{${text}}`
  const spec = { message: whole('message'), remedy: whole('remedy'), retry, exit: failure.exit as ExitCode }
  return new AnnealError(code, spec, { message, remedy }, cause)
}
