import { mkdtempSync, mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Size } from './random.ts'
import type { Comparison, DifferentialTarget } from './target.ts'

export type Tally = {
  images: number
  nodes: number
  /** Of each image that differs: its seed, how it was made, what differs. */
  different: { seed: number; made: string; differences: readonly string[] }[]
  /** Seeds whose image could not be made: the maker failed, and nothing was compared. */
  unmade: number
}

/** Compares `count` images, of the seeds from `seed` on. Ends early once `until` (milliseconds of the clock) has passed. */
export async function compareMany(
  target: DifferentialTarget,
  options: Readonly<{
    count: number
    seed: number
    size?: Size
    until?: number
    /** Else what fails ends it all. */
    onUnmade?: (seed: number, error: unknown) => void
    onImage?: (tally: Tally) => void
  }>,
): Promise<Tally> {
  const work = mkdtempSync(join(tmpdir(), `anneal-differential-${target.name}-`))
  const tally: Tally = { images: 0, nodes: 0, different: [], unmade: 0 }
  try {
    for (let seed = options.seed; seed < options.seed + options.count; seed += 1) {
      if (options.until !== undefined && Date.now() > options.until) break
      const directory = join(work, String(seed))
      mkdirSync(directory)
      let compared: Comparison
      try {
        compared = await target.compare(seed, directory, options.size)
      } catch (error) {
        if (options.onUnmade === undefined) throw error
        options.onUnmade(seed, error)
        tally.unmade += 1
        continue
      }
      const { made, nodes, differences } = compared
      rmSync(directory, { recursive: true, force: true })
      tally.images += 1
      tally.nodes += nodes
      if (differences.length > 0) tally.different.push({ seed, made, differences })
      options.onImage?.(tally)
    }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  return tally
}
