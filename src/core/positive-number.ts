/** A number above 0, also where it is written as text; undefined for everything else. */
export function positiveNumber(value: unknown): number | undefined {
  const number = Number(value)
  return Number.isFinite(number) && number > 0 ? number : undefined
}
