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
}>

export type Expander = (piece: Uint8Array, into: Uint8Array) => boolean

/**
 * Drives the codec of a stream directly: it is set up once instead of for each piece, and fills the caller's memory, so
 * that a gigabyte of clusters makes no garbage. This is not documented by Node, whose version is pinned; where it does not
 * look as it does in Node 24, there is none (undefined), and the documented way is taken.
 */
export function directExpander(stream: unknown, flush: number): Expander | undefined {
  const { _handle: handle, _writeState: state } = stream as Inside
  if (!(state instanceof Uint32Array) || state.length < 2 || handle === null || handle === undefined)
    return undefined
  const { reset, writeSync } = handle
  if (typeof reset !== 'function' || typeof writeSync !== 'function' || !('onerror' in handle))
    return undefined
  let failed = false
  Object.assign(handle, { onerror: () => (failed = true) })
  const surplus = new Uint8Array(1)
  return (piece, into) => {
    failed = false
    reset.call(handle)
    writeSync.call(handle, flush, piece, 0, piece.length, into, 0, into.length)
    const [outputLeft = 1, inputLeft = 0] = state
    if (failed || outputLeft !== 0) return false
    // Whatever would still come is too much.
    writeSync.call(handle, flush, piece, piece.length - inputLeft, inputLeft, surplus, 0, 1)
    return state[0] === 1
  }
}
