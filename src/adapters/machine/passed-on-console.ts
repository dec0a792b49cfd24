import type { MachineConsole } from '../../ports/index.ts'

const MOST_CHARACTERS = 1024 * 1024

/**
 * A console that somebody passes on as a stream. The first `open` has to succeed; a stream that ends later is opened again at the
 * next read, and what is said in between is lost.
 */
export async function passedOnConsole(
  open: (signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>,
): Promise<MachineConsole> {
  const closing = new AbortController()
  let heard = ''
  let isOpen = false
  const follow = async (text: AsyncIterable<Uint8Array>): Promise<void> => {
    isOpen = true
    try {
      for await (const piece of text) {
        heard = (heard + Buffer.from(piece).toString('latin1')).slice(-MOST_CHARACTERS)
      }
    } catch {
      // It is opened again.
    } finally {
      isOpen = false
    }
  }
  const again = async (): Promise<void> => {
    isOpen = true
    try {
      await follow(await open(closing.signal))
    } catch {
      isOpen = false
    }
  }
  void follow(await open(closing.signal))
  return {
    position: undefined,
    read() {
      if (!isOpen && !closing.signal.aborted) void again()
      const text = heard
      heard = ''
      return Promise.resolve(text)
    },
    close() {
      closing.abort()
      return Promise.resolve()
    },
  }
}
