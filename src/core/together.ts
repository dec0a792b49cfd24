/** Runs all; the first failure ends the others, and nothing runs on when it is thrown. */
export async function together<const T extends readonly Promise<unknown>[]>(
  signal: AbortSignal,
  start: (signal: AbortSignal) => T,
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  const failure = new AbortController()
  const running = start(AbortSignal.any([signal, failure.signal]))
  const all = Promise.all(running)
  all.catch((error: unknown) => failure.abort(error))
  await Promise.allSettled(running)
  return all
}
