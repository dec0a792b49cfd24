import { formatBytes } from '../core/index.ts'
import type { Output } from './output.ts'

/** Ten times a second is enough for eyes and for programs. */
const TELL_MS = 100

/** Tells how much of a tree has been packed. */
export function treeTeller(
  output: Output,
): (tally: Readonly<{ nodes: number; contentBytes: number }>) => void {
  let toldAt = 0
  return ({ nodes, contentBytes }) => {
    const now = performance.now()
    if (now - toldAt < TELL_MS) return
    toldAt = now
    if (output.jsonProgress) output.progress({ event: 'live', nodes, contentBytes }, '')
    else output.live(`  ${nodes} files, ${formatBytes(contentBytes)} packed`)
  }
}
