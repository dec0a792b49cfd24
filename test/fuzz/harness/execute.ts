import { getHeapStatistics } from 'node:v8'
import { AnnealError } from '../../../src/core/index.ts'
import type { FuzzTarget } from '../target.ts'
import type { Base } from './image.ts'
import { imageOf } from './input.ts'
import type { Failure, Input } from './input.ts'

/** More than this for one image of a few hundred kilobytes is out of all proportion. */
const MOST_BYTES = 192 * 1024 * 1024

/** Runs one input. Undefined where it ended well: without an error, or with one of ours. */
export async function execute(
  target: FuzzTarget,
  base: Base,
  input: Input,
): Promise<Omit<Failure, 'target' | 'input'> | undefined> {
  const image = imageOf(base, input, target.repair)
  const before = getHeapStatistics().external_memory
  let thrown: unknown
  try {
    await target.exercise(image)
  } catch (error) {
    thrown = error
  }
  if (image.outside !== undefined) return described(image.outside)
  if (thrown !== undefined && !(thrown instanceof AnnealError)) return described(thrown)
  // Array buffers are outside of the heap and of the limit that the worker has for it.
  const taken = getHeapStatistics().external_memory - before
  if (taken > MOST_BYTES) return { message: `Memory: ${taken} bytes were taken`, stack: '' }
  return undefined
}

export function described(error: unknown): Omit<Failure, 'target' | 'input'> {
  if (!(error instanceof Error)) return { message: `thrown: ${String(error)}`, stack: '' }
  return { message: `${error.name}: ${error.message}`, stack: error.stack ?? '' }
}
