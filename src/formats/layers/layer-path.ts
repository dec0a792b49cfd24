/** As Linux has them. */
const MOST_PATH_BYTES = 4095
const MOST_NAME_BYTES = 255
const SLASH = 0x2f
const DOT = 0x2e

export type LayerPath =
  | Readonly<{ parts: readonly Uint8Array[]; endsWithSlash: boolean }>
  /** What is wrong with it, as the end of a sentence; or that it leads out of the tree. */
  | Readonly<{ problem: string }>
  | 'outside'

/**
 * The names of a path in a layer, from the root of the tree, wherever it claims to begin: `/a`, `./a` and `a` are the
 * same. A `..` takes away the name before it, as engines do before they look at the tree.
 */
export function partsOfPath(path: Uint8Array): LayerPath {
  if (path.length > MOST_PATH_BYTES) return { problem: `is longer than ${MOST_PATH_BYTES} bytes` }
  if (path.includes(0)) return { problem: 'has a NUL in its name' }
  const parts: Uint8Array[] = []
  for (const part of split(path)) {
    if (isDots(part, 2)) {
      if (parts.pop() === undefined) return 'outside'
      continue
    }
    if (part.length > MOST_NAME_BYTES) return { problem: `has a name longer than ${MOST_NAME_BYTES} bytes` }
    parts.push(part)
  }
  return { parts, endsWithSlash: path.at(-1) === SLASH }
}

/** The names between slashes, without empty ones and `.`. */
export function split(path: Uint8Array): readonly Uint8Array[] {
  const parts: Uint8Array[] = []
  for (let at = 0; at < path.length;) {
    const slash = path.indexOf(SLASH, at)
    const end = slash === -1 ? path.length : slash
    const part = path.subarray(at, end)
    if (part.length > 0 && !isDots(part, 1)) parts.push(part)
    at = end + 1
  }
  return parts
}

/** `.` or `..`. */
export function isDots(name: Uint8Array, count: 1 | 2): boolean {
  return name.length === count && name[0] === DOT && (count === 1 || name[1] === DOT)
}
