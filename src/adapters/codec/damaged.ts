/** What a decoder throws: its caller knows which unit of which format it was, and says so. */
export function damaged(what: string): Error {
  return new Error(what)
}

/** Copies a match within what was written already; it may reach into itself. The caller has checked both ends. */
export function copyMatch(into: Uint8Array, at: number, distance: number, length: number): void {
  if (distance >= length) {
    into.copyWithin(at, at - distance, at - distance + length)
    return
  }
  if (distance === 1) {
    into.fill(into[at - 1] ?? 0, at, at + length)
    return
  }
  for (let index = at; index < at + length; index += 1) into[index] = into[index - distance] ?? 0
}
