import type { AnnealError } from '../../core/index.ts'
import type { EffectFailed, SagaEffect } from '../../saga/index.ts'

/** One executor for each effect: a forgotten one does not compile. Each is idempotent. */
export type Executors<Args extends object, Context, Event> = {
  readonly [K in keyof Args]: (args: Readonly<Args[K]>, context: Context) => Promise<Event>
}

/** Runs the executor of an effect. */
export function runExecutor<Args extends object, Context, Event>(
  executors: Executors<Args, Context, Event>,
  effect: SagaEffect & Readonly<{ kind: keyof Args }>,
  context: Context,
): Promise<Event> {
  // The map's type ties each kind to its arguments; the union of both cannot express it.
  const executor = executors[effect.kind] as (args: unknown, context: Context) => Promise<Event>
  return executor(effect.args, context)
}

/** What an error of the program's own means for the run. */
export function failedBy(error: AnnealError): EffectFailed {
  const reason = { code: error.code, message: error.message, remedy: error.remedy }
  return { type: 'effectFailed', reason, retry: error.retry }
}
