import { minimise, runOnce } from './minimise.ts'
import { signatureOf } from './input.ts'
import type { Failure } from './input.ts'
import { NO_INPUT, WatchedWorker } from './watched-worker.ts'

export type RunOptions = Readonly<{
  /** The file that exports the target. */
  file: string
  executions: number
  /** When it ends, unless fewer than `leastExecutions` were done by then. */
  deadlineMs: number
  /** So many are waited for on a busy machine, up to 20 times the deadline. Default: 1. */
  leastExecutions?: number
  randomSeed: number
  workers: number
  /** Of different ones, before it ends; 10 unless given. */
  mostFailures?: number
  onProgress?: (progress: Progress) => void
  onFailure?: (failure: Failure) => Promise<void> | void
}>

export type Progress = Readonly<{ executions: number; blocks: number; corpus: number; elapsedMs: number }>

export type RunResult = Progress & Readonly<{ failures: readonly Failure[] }>

/** So many different failures, and it is no use to go on. */
const MOST_FAILURES = 10

const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Fuzzes one target until it has had its executions or its time. Failures of one kind count once, and are minimised. */
export async function runTarget(name: string, options: RunOptions): Promise<RunResult> {
  const startMs = performance.now()
  const elapsedMs = (): number => performance.now() - startMs
  let executions = 0
  let round = 0
  const blocks = new Map<number, number>()
  const corpus = new Map<number, number>()
  const found = new Map<string, Omit<Failure, 'target'>>()
  const progress = (): Progress => ({
    executions,
    blocks: Math.max(0, ...blocks.values()),
    corpus: Math.max(0, ...corpus.values()),
    elapsedMs: elapsedMs(),
  })
  const note = (failure: Omit<Failure, 'target'>): void => {
    const signature = signatureOf(failure)
    if (!found.has(signature)) found.set(signature, failure)
  }
  const lastMs = options.deadlineMs * 20
  const { leastExecutions = 1 } = options
  const isLate = (): boolean => elapsedMs() >= (executions < leastExecutions ? lastMs : options.deadlineMs)
  const isOver = (): boolean =>
    executions >= options.executions || isLate() || found.size >= (options.mostFailures ?? MOST_FAILURES)

  /** One worker after another: who hangs is ended, and another goes on with other chances. */
  const lane = async (index: number): Promise<void> => {
    while (!isOver()) {
      round += 1
      const randomSeed = options.randomSeed * 1_000_003 + index * 7919 + round
      const worker = new WatchedWorker({ file: options.file, randomSeed }, (report) => {
        if (report.kind === 'failure') note(report.failure)
        if (report.kind === 'progress') {
          executions += report.executions
          blocks.set(index, report.blocks)
          corpus.set(index, report.corpus)
          options.onProgress?.(progress())
        }
        if (isOver()) void worker.stop()
      })
      const timer = setTimeout(
        () => void worker.stop(),
        Math.max(0, Math.min(lastMs - elapsedMs(), LONGEST_TIMER_MS)),
      )
      const { failure } = await worker.ended
      clearTimeout(timer)
      if (failure !== undefined) note(failure)
      // A target that cannot even be loaded will not be any better the next time.
      if (failure?.input === NO_INPUT) return
    }
  }
  await Promise.all(Array.from({ length: options.workers }, (_, index) => lane(index)))

  const result = progress()
  const failures: Failure[] = []
  for (const failure of found.values()) {
    const smallest = failure.input === NO_INPUT ? failure : await minimise(options.file, failure)
    const kept = { target: name, ...smallest }
    failures.push(kept)
    await options.onFailure?.(kept)
  }
  return { ...result, failures }
}

/** The failure of an input that failed before; undefined where it passes now. */
export function replay(file: string, failure: Failure): Promise<Omit<Failure, 'target'> | undefined> {
  return runOnce(file, failure.input)
}
