/** Median of a list that is not empty. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2
}

export function worst(values: readonly number[]): number {
  return Math.max(...values)
}

/** Median of the ratios of pairs taken in the same round: what one round's noise does to both cancels. */
export function pairedRatio(values: readonly number[], peers: readonly number[]): number {
  return median(values.map((value, index) => value / (peers[index] ?? Number.NaN)))
}
