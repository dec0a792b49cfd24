import { Worker } from 'node:worker_threads'
import type { Failure, Input } from './input.ts'
import { Mailbox } from './mailbox.ts'
import type { Report, WorkerData } from './worker.ts'

/** CPU time of one execution: on a busy machine the clock runs on while a worker waits for its turn. */
const HANG_MS = 2000
/** An execution that waits for what never comes takes no CPU time. */
const SILENT_MS = 60_000
const LOOK_MS = 200
/** Looks are counted, not the clock: a process that is stopped hangs nobody. */
const CPU_LOOKS = HANG_MS / LOOK_MS
const MOST_LOOKS = SILENT_MS / LOOK_MS
const HEAP_MIB = 256

export type Ended = Readonly<{ failure: Omit<Failure, 'target'> | undefined }>

/** A worker, and somebody who sees when it hangs or runs out of memory. */
export class WatchedWorker {
  readonly #worker: Worker
  readonly #mailbox = new Mailbox()
  readonly #onReport: (report: Report) => void
  readonly #end: (ended: Ended) => void
  readonly ended: Promise<Ended>
  readonly #watch: NodeJS.Timeout
  #begun = -1
  #looks = 0
  /** CPU time of the worker when the execution that it is at was first seen; undefined until it is known. */
  #cpuMsBefore: number | undefined

  constructor(data: Omit<WorkerData, 'mailbox'>, onReport: (report: Report) => void) {
    const { promise, resolve } = Promise.withResolvers<Ended>()
    this.ended = promise
    this.#end = resolve
    this.#onReport = onReport
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: { ...data, mailbox: this.#mailbox.buffer } satisfies WorkerData,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    this.#worker.on('message', (report: Report) => this.#onReport(report))
    this.#worker.on(
      'error',
      (error) => void this.#failed(`${errorName(error)}: ${String(error)}`, stackOf(error)),
    )
    this.#worker.on('exit', () => {
      clearInterval(this.#watch)
      this.#end({ failure: undefined })
    })
    this.#watch = setInterval(() => this.#look(), LOOK_MS)
  }

  async stop(): Promise<void> {
    clearInterval(this.#watch)
    await this.#worker.terminate()
    this.#end({ failure: undefined })
  }

  #look(): void {
    const { begun, isResting } = this.#mailbox
    if (begun !== this.#begun || isResting) {
      this.#begun = begun
      this.#looks = 0
      this.#cpuMsBefore = undefined
      if (!isResting) void this.#measure(begun)
      return
    }
    this.#looks += 1
    if (this.#looks > MOST_LOOKS)
      void this.#failed(`Hang: one execution took longer than ${SILENT_MS} ms`, '')
    else if (this.#looks > CPU_LOOKS) void this.#measure(begun)
  }

  /** Notes the CPU time at the first call for an execution, and compares it with that at the later ones. */
  async #measure(begun: number): Promise<void> {
    // A worker that ends meanwhile has no CPU time.
    const usage = await this.#worker.cpuUsage().catch(() => undefined)
    if (usage === undefined || begun !== this.#begun || this.#mailbox.begun !== begun) return
    const cpuMs = (usage.user + usage.system) / 1000
    this.#cpuMsBefore ??= cpuMs
    if (cpuMs - this.#cpuMsBefore > HANG_MS)
      void this.#failed(`Hang: one execution took more than ${HANG_MS} ms of CPU time`, '')
  }

  async #failed(message: string, stack: string): Promise<void> {
    clearInterval(this.#watch)
    const input = this.#mailbox.current
    this.#end({ failure: { input: input ?? NO_INPUT, message, stack } })
    await this.#worker.terminate()
  }
}

/** Of a failure outside of every execution: a target that cannot be loaded, say. */
export const NO_INPUT: Input = { seed: -1, mutations: [], repaired: false }

function errorName(error: unknown): string {
  const isOutOfMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
  return isOutOfMemory ? 'Memory' : 'Worker'
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? '') : ''
}
