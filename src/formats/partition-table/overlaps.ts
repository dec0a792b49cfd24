type Placed = Readonly<{ number: number; offsetBytes: number; lengthBytes: number }>

/** Pairs of partitions that share bytes, as `1 and 3`: each one with the one before it that reaches furthest. */
export function overlapsOf(partitions: readonly Placed[]): readonly string[] {
  const found: string[] = []
  let furthest: Placed | undefined
  for (const one of partitions.toSorted((a, b) => a.offsetBytes - b.offsetBytes)) {
    const end = furthest === undefined ? 0 : furthest.offsetBytes + furthest.lengthBytes
    if (furthest !== undefined && one.offsetBytes < end) found.push(`${furthest.number} and ${one.number}`)
    if (furthest === undefined || one.offsetBytes + one.lengthBytes > end) furthest = one
  }
  return found
}
