/**
 * Runs all that `start` begins. The first failure, or an abort of `signal`, aborts the signal that they were started with;
 * what is thrown then is that failure, and only when all of them have ended.
 */
export async function together<const T extends readonly Promise<unknown>[]>(
  signal: AbortSignal | undefined,
  start: (signal: AbortSignal) => T,
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  const failure = new AbortController()
  const pass = (): void => failure.abort(signal?.reason)
  if (signal?.aborted === true) pass()
  signal?.addEventListener('abort', pass, { once: true })
  try {
    const running = start(failure.signal)
    const all = Promise.all(running)
    all.catch((error: unknown) => failure.abort(error))
    await Promise.allSettled(running)
    return await all
  } finally {
    signal?.removeEventListener('abort', pass)
  }
}
