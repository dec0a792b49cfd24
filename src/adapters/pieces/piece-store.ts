/** A piece as it is sent: its packed bytes with their BLAKE2b-512 in hex, or neither, where it is zeros. */
export type PackedPiece =
  | Readonly<{ packed: Uint8Array<ArrayBuffer>; digest: string }>
  | Readonly<{ packed?: never }>

/** A piece that is wanted: what it is called, and how it is made. */
export type PieceOrder = Readonly<{ key: string; pack: () => Promise<PackedPiece> }>

export type PieceStoreOptions = Readonly<{
  /** What packed pieces may take in memory while nobody reads them any more. */
  mostBytes: number
  /** How many pieces are read and packed at a time. */
  atOnce: number
}>

/**
 * Has pieces packed for all machines of a conductor, and keeps the last used ones.
 *
 * INVARIANTS: a piece is read and packed once, however many ask for it while that is under way or while it is kept; at most
 * `atOnce` are under way; they begin in the order in which they were asked for; what is kept takes no more than `mostBytes`; a
 * failure goes to all who wait, and is not kept; what nobody waits for any more is not begun.
 */
export class PieceStore {
  readonly #mostBytes: number
  readonly #atOnce: number
  /** In order of use: the first is the oldest. */
  readonly #kept = new Map<string, PackedPiece>()
  readonly #jobs = new Map<string, Job>()
  readonly #queue: Job[] = []
  #keptBytes = 0
  #underWay = 0

  constructor({ mostBytes, atOnce }: PieceStoreOptions) {
    this.#mostBytes = mostBytes
    this.#atOnce = atOnce
  }

  async get(order: PieceOrder, signal?: AbortSignal): Promise<PackedPiece> {
    signal?.throwIfAborted()
    const kept = this.#kept.get(order.key)
    if (kept !== undefined) {
      this.#keep(order.key, kept)
      return kept
    }
    const job = this.#jobs.get(order.key) ?? this.#enqueue(order)
    job.waiting += 1
    const { promise: aborted, reject } = Promise.withResolvers<never>()
    const abort = (): void => reject(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      return await Promise.race([job.done, aborted])
    } finally {
      signal?.removeEventListener('abort', abort)
      job.waiting -= 1
      if (job.waiting === 0 && !job.isBegun) this.#forget(job)
    }
  }

  /** Begins a piece that will be wanted, where nobody waits for anything else. */
  ahead(order: PieceOrder): void {
    if (this.#queue.length > 0 || this.#underWay >= this.#atOnce) return
    if (this.#kept.has(order.key) || this.#jobs.has(order.key)) return
    this.#enqueue(order)
  }

  #enqueue(order: PieceOrder): Job {
    const { promise: done, resolve, reject } = Promise.withResolvers<PackedPiece>()
    done.catch(() => undefined)
    const job: Job = { ...order, done, resolve, reject, waiting: 0, isBegun: false }
    this.#jobs.set(order.key, job)
    this.#queue.push(job)
    this.#begin()
    return job
  }

  #begin(): void {
    while (this.#underWay < this.#atOnce) {
      const job = this.#queue.shift()
      if (job === undefined) return
      void this.#run(job)
    }
  }

  async #run(job: Job): Promise<void> {
    job.isBegun = true
    this.#underWay += 1
    try {
      const piece = await job.pack()
      this.#keep(job.key, piece)
      job.resolve(piece)
    } catch (error) {
      job.reject(error)
    } finally {
      this.#jobs.delete(job.key)
      this.#underWay -= 1
      this.#begin()
    }
  }

  #forget(job: Job): void {
    this.#jobs.delete(job.key)
    this.#queue.splice(this.#queue.indexOf(job), 1)
  }

  #keep(key: string, piece: PackedPiece): void {
    if (this.#kept.delete(key)) this.#keptBytes -= bytesOf(piece)
    this.#kept.set(key, piece)
    this.#keptBytes += bytesOf(piece)
    for (const [oldest, one] of this.#kept) {
      if (this.#keptBytes <= this.#mostBytes) break
      this.#kept.delete(oldest)
      this.#keptBytes -= bytesOf(one)
    }
  }
}

type Job = PieceOrder & {
  readonly done: Promise<PackedPiece>
  readonly resolve: (piece: PackedPiece) => void
  readonly reject: (cause: unknown) => void
  waiting: number
  isBegun: boolean
}

/** A piece of zeros costs its entry. */
function bytesOf({ packed }: PackedPiece): number {
  return (packed?.length ?? 0) + 256
}
