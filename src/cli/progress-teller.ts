import type { ConvertProgress } from '../app/image/convert/index.ts'
import { formatBytes, formatDuration } from '../core/index.ts'
import type { Output } from './output.ts'

/** Ten times a second is enough for eyes and for programs. */
const TELL_MS = 100

/** Tells how far a conversion is, since `startedAt` of performance.now(). */
export function progressTeller(output: Output, startedAt: number): (progress: ConvertProgress) => void {
  let toldAt = 0
  return ({ doneBytes, totalBytes }) => {
    const now = performance.now()
    if (now - toldAt < TELL_MS && doneBytes < totalBytes) return
    toldAt = now
    if (output.jsonProgress) {
      output.progress({ event: 'convert', doneBytes, totalBytes }, '')
      return
    }
    const rate = doneBytes / Math.max(0.001, (now - startedAt) / 1000)
    const left = formatDuration(((totalBytes - doneBytes) / Math.max(1, rate)) * 1000)
    const percent = totalBytes === 0 ? 100 : Math.floor((doneBytes / totalBytes) * 100)
    output.live(
      `  ${percent} %  ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}  ${formatBytes(rate)}/s  ${left} left`,
    )
  }
}
