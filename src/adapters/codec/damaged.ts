/** The error of a decoder. Its caller adds the format and the unit. */
export function damaged(what: string): Error {
  return new Error(what)
}

const LONG_BYTES = 64

/** Copies a match within what was written already; it may reach into itself. The caller has checked both ends. */
export function copyMatch(into: Uint8Array, at: number, distance: number, length: number): void {
  // Most are short: a call would take longer than the bytes.
  if (length >= LONG_BYTES && distance >= length) {
    into.copyWithin(at, at - distance, at - distance + length)
    return
  }
  if (length >= LONG_BYTES && distance === 1) {
    into.fill(into[at - 1] ?? 0, at, at + length)
    return
  }
  for (let index = at; index < at + length; index += 1) into[index] = into[index - distance] ?? 0
}

/** Copies bytes of the input. The caller has checked both ends. */
export function copyLiterals(
  packed: Uint8Array,
  from: number,
  into: Uint8Array,
  at: number,
  length: number,
): void {
  if (length >= LONG_BYTES) {
    into.set(packed.subarray(from, from + length), at)
    return
  }
  for (let index = 0; index < length; index += 1) into[at + index] = packed[from + index] ?? 0
}
