import { raise } from '../errors.ts'

/**
 * Disposal that waits. INVARIANTS: what is behind it is disposed of once, when it was asked for and nothing holds it; nothing can
 * be held after it was asked for.
 */
export function holds(
  image: string,
  dispose: () => Promise<void>,
): AsyncDisposable & Readonly<{ hold: () => Disposable }> {
  const { promise: free, resolve } = Promise.withResolvers<void>()
  let [held, disposing] = [0, undefined as Promise<void> | undefined]
  return {
    hold() {
      if (disposing !== undefined) throw raise('DEPLOY_IMAGE_CLOSED', { image })
      held += 1
      let isHeld = true
      return {
        [Symbol.dispose]() {
          if (!isHeld) return
          isHeld = false
          held -= 1
          if (held === 0 && disposing !== undefined) resolve()
        },
      }
    },
    [Symbol.asyncDispose]() {
      if (held === 0) resolve()
      disposing ??= free.then(dispose)
      return disposing
    },
  }
}
