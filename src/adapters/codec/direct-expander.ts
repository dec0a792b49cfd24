/** What a zlib stream of Node holds inside: its codec, and where the last call left off. */
type Inside = Readonly<{
  _handle?: {
    onerror?: unknown
    reset?: () => void
    writeSync?: (
      flush: number,
      input: Uint8Array,
      inputOffset: number,
      inputLength: number,
      output: Uint8Array,
      outputOffset: number,
      outputLength: number,
    ) => void
  } | null
  /** Bytes left of the output, and of the input. */
  _writeState?: Uint32Array
  destroy?: () => void
}>

export type Expander = (piece: Uint8Array, into: Uint8Array) => boolean

type Handle = Readonly<{
  reset: () => void
  write: (input: Uint8Array, inputOffset: number, output: Uint8Array) => void
  /** Bytes left of the output, and of the input, after a write. */
  left: Uint32Array
  hasFailed: () => boolean
  close: () => void
}>

/**
 * Drives the codec of a stream directly: it is set up once instead of for each piece, and fills the caller's memory, so
 * that a gigabyte of clusters makes no garbage. This is not documented by Node, whose version is pinned; where it does not
 * look as it does in Node 24, there is none (undefined), and the documented way is taken.
 *
 * `atEnd`: whether the codec, after a whole piece, is ready for the next one. Where it is, resetting it would only cost:
 * Zstandard's gives all its memory back, and takes it anew.
 */
export function directExpander(
  open: () => unknown,
  flush: number,
  atEnd: 'begins anew' | 'needs a reset',
): Expander | undefined {
  let handle = handleOf(open(), flush)
  if (handle === undefined) return undefined
  const surplus = new Uint8Array(1)
  let isFresh = true
  return (piece, into) => {
    // After bad data it is of no more use, and a reset does not help (Node's Zstandard keeps its error).
    if (handle?.hasFailed() !== false) {
      handle?.close()
      handle = handleOf(open(), flush)
    } else if (!isFresh) handle.reset()
    if (handle === undefined) return false
    isFresh = false
    handle.write(piece, 0, into)
    const [outputLeft = 1, inputLeft = 0] = handle.left
    if (handle.hasFailed() || outputLeft !== 0) return false
    // Whatever would still come is too much; a checksum is compared.
    handle.write(piece, piece.length - inputLeft, surplus)
    const isWhole = !handle.hasFailed() && handle.left[0] === 1
    isFresh = isWhole && handle.left[1] === 0 && atEnd === 'begins anew'
    return isWhole
  }
}

function handleOf(stream: unknown, flush: number): Handle | undefined {
  const { _handle: handle, _writeState: left, destroy } = stream as Inside
  if (!(left instanceof Uint32Array) || left.length < 2 || handle === null || handle === undefined)
    return undefined
  const { reset, writeSync } = handle
  if (typeof reset !== 'function' || typeof writeSync !== 'function' || !('onerror' in handle))
    return undefined
  let failed = false
  Object.assign(handle, { onerror: () => (failed = true) })
  return {
    reset: () => reset.call(handle),
    write: (input, at, output) =>
      writeSync.call(handle, flush, input, at, input.length - at, output, 0, output.length),
    left,
    hasFailed: () => failed,
    close: () => destroy?.call(stream),
  }
}
