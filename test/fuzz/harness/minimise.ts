import { signatureOf } from './input.ts'
import type { Failure, Input } from './input.ts'
import { WatchedWorker } from './watched-worker.ts'

type Failed = Omit<Failure, 'target'>

/** Hangs take two seconds of CPU time each. */
const MOST_ATTEMPTS = 40

/** The same failure with as few changes as can be: each is left out in turn. */
export async function minimise(file: string, failure: Failed): Promise<Failed> {
  const signature = signatureOf(failure)
  let smallest = failure
  let attempts = 0
  for (let index = failure.input.mutations.length - 1; index >= 0 && attempts < MOST_ATTEMPTS; index -= 1) {
    attempts += 1
    const mutations = smallest.input.mutations.toSpliced(index, 1)
    const again = await runOnce(file, { ...smallest.input, mutations })
    if (again !== undefined && signatureOf(again) === signature) smallest = again
  }
  return smallest
}

/** One input in a worker of its own. */
export async function runOnce(file: string, input: Input): Promise<Failed | undefined> {
  let reported: Failed | undefined
  const worker = new WatchedWorker({ file, randomSeed: 0, only: input }, (report) => {
    if (report.kind === 'failure') reported = report.failure
  })
  const { failure } = await worker.ended
  await worker.stop()
  return reported ?? failure
}
