/**
 * Text files whose encoding nobody tells, as text with one code unit a byte: places in the text are places in the file,
 * and what is not touched stays as it is.
 */
export function latin1Of(bytes: Uint8Array): string {
  const STEP = 4096
  const parts: string[] = []
  for (let at = 0; at < bytes.length; at += STEP)
    parts.push(String.fromCharCode(...bytes.subarray(at, at + STEP)))
  return parts.join('')
}

/** The bytes again. */
export function bytesOfLatin1(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0))
}

/** Text that was decoded as UTF-8, as it stands in such a file. */
export function inLatin1(text: string): string {
  return latin1Of(new TextEncoder().encode(text))
}
