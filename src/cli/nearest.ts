import { closestMatch } from 'leven'

/** Which of the known words a mistyped one was meant to be: the only one that it begins, else the nearest; none where all are far. */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  const longer = known.filter((word) => word.startsWith(typed))
  if (typed !== '' && longer.length === 1) return longer[0]
  return closestMatch(typed, known, { maxDistance: Math.ceil(typed.length / 3) })
}

/** The words that offer it behind the reason of a refusal. */
export function offer(word: string | undefined): string {
  return word === undefined ? '' : `; did you mean ${JSON.stringify(word)}?`
}
