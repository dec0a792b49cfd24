import type { Bmc, BmcConsole } from '../../ports/index.ts'

/** For a listener that does not keep up: older text goes. */
const MOST_WAITING_BYTES = 2 ** 20

type Listener = Readonly<{ hear: (piece: Uint8Array) => void; end: () => void }>

type Shared = { console: Promise<BmcConsole>; listeners: Set<Listener>; closed?: Promise<void> }

/**
 * The serial consoles of machines. A controller has one session, and so many may listen to it. INVARIANTS: a machine has at most one
 * session; it ends with its last listener, and the next begins after it has ended.
 */
export class Consoles {
  readonly #bmc: (uuid: string) => Bmc
  readonly #open = new Map<string, Shared>()

  constructor(bmc: (uuid: string) => Bmc) {
    this.#bmc = bmc
  }

  /** Resolves when the machine is listened to; what it says from then on, until the signal. Throws BMC_…. */
  async listen(uuid: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    for (let left = this.#open.get(uuid)?.closed; left !== undefined; left = this.#open.get(uuid)?.closed)
      await left
    signal.throwIfAborted()
    const shared = this.#open.get(uuid) ?? this.#begin(uuid)
    const heard = new Heard()
    shared.listeners.add(heard)
    const leave = (): void => {
      heard.end()
      shared.listeners.delete(heard)
      if (shared.listeners.size === 0) this.#close(uuid, shared)
    }
    signal.addEventListener('abort', leave, { once: true })
    try {
      await shared.console
    } catch (error) {
      leave()
      throw error
    }
    return heard.pieces()
  }

  /** Ends all sessions. */
  async stop(): Promise<void> {
    for (const [uuid, shared] of this.#open) {
      for (const listener of shared.listeners) listener.end()
      this.#close(uuid, shared)
    }
    await Promise.all(
      [...this.#open.values()].flatMap(({ closed }) => (closed === undefined ? [] : [closed])),
    )
  }

  #begin(uuid: string): Shared {
    const listeners = new Set<Listener>()
    const console = Promise.resolve().then(() => this.#bmc(uuid).openConsole())
    const shared: Shared = { console, listeners }
    this.#open.set(uuid, shared)
    void this.#passOn(uuid, shared)
    return shared
  }

  async #passOn(uuid: string, shared: Shared): Promise<void> {
    const { console, listeners } = shared
    try {
      const { text } = await console
      for await (const piece of text) for (const listener of listeners) listener.hear(piece)
    } catch {
      // Whoever listens is told why it could not be opened; a session that breaks ends.
    } finally {
      for (const listener of listeners) listener.end()
      this.#close(uuid, shared)
    }
  }

  #close(uuid: string, shared: Shared): void {
    shared.closed ??= shared.console
      .then((console) => console.close())
      .catch(() => undefined)
      .finally(() => {
        if (this.#open.get(uuid) === shared) this.#open.delete(uuid)
      })
  }
}

class Heard implements Listener {
  #waiting: Uint8Array[] = []
  #bytes = 0
  #isOver = false
  #wake = Promise.withResolvers<void>()

  hear(piece: Uint8Array): void {
    if (this.#isOver) return
    this.#waiting.push(piece)
    this.#bytes += piece.length
    while (this.#bytes > MOST_WAITING_BYTES) this.#bytes -= this.#waiting.shift()?.length ?? this.#bytes
    this.#wake.resolve()
  }

  end(): void {
    this.#isOver = true
    this.#wake.resolve()
  }

  async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const pieces = this.#waiting
      this.#waiting = []
      this.#bytes = 0
      yield* pieces
      if (this.#waiting.length > 0) continue
      if (this.#isOver) return
      this.#wake = Promise.withResolvers()
      await this.#wake.promise
    }
  }
}
