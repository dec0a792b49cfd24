/** Zeros inside data become a hole of the output from here on: fewer, larger writes are worth more than smaller holes. */
const HOLE_BYTES = 64 * 1024
const ZEROS = Buffer.alloc(HOLE_BYTES)

/** What of the bytes has to be written into a file that is a hole so far, in blocks of HOLE_BYTES. */
export function* dataRuns(
  bytes: Uint8Array,
): Generator<Readonly<{ start: number; end: number }>, void, undefined> {
  let start = -1
  for (let at = 0; at < bytes.length; at += HOLE_BYTES) {
    const block = bytes.subarray(at, at + HOLE_BYTES)
    const isHole = Buffer.compare(block, ZEROS.subarray(0, block.length)) === 0
    if (!isHole && start === -1) start = at
    if (isHole && start !== -1) {
      yield { start, end: at }
      start = -1
    }
  }
  if (start !== -1) yield { start, end: bytes.length }
}
