import type { Size } from './random.ts'

/** One kind of image that is compared with an independent tool, as often as asked. */
export type DifferentialTarget = Readonly<{
  name: string
  /** Why it cannot run here; undefined if it can. */
  lacks: () => string | undefined
  /**
   * Makes the image of this seed in `directory` (which is empty, and removed afterwards), and compares it. Throws only
   * where the image could not be made or the tool failed: that proves nothing.
   */
  compare: (seed: number, directory: string, size?: Size) => Promise<Comparison>
}>

export type Comparison = Readonly<{
  /** How the image was made: enough to make it again by hand. */
  made: string
  /** Files, directories and the like that were compared. */
  nodes: number
  /** A line each; none where both agree. */
  differences: readonly string[]
}>

/** What two lists do not have in common, a line each and the first ones only. */
export function differencesOf(ours: readonly unknown[], theirs: readonly unknown[], what: string): string[] {
  const [left, right] = [ours, theirs].map((list) => new Set(list.map((one) => JSON.stringify(one))))
  return [
    ...[...(left ?? [])]
      .filter((one) => right?.has(one) !== true)
      .map((one) => `${what}: only Anneal has ${one}`),
    ...[...(right ?? [])]
      .filter((one) => left?.has(one) !== true)
      .map((one) => `${what}: Anneal has not ${one}`),
  ].slice(0, 20)
}
