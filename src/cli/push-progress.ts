import { formatBytes } from '../core/index.ts'
import type { ProgressLine } from '../contract/index.ts'
import type { Output } from './output.ts'

/** Ten times a second is enough for eyes and for programs. */
const TELL_MS = 100

type Sending = Extract<ProgressLine, { event: 'sent' }> | Extract<ProgressLine, { event: 'packed' }>

/** Tells how far a push is; `line` says what the other steps are in words. */
export function stepTeller<T extends ProgressLine>(
  output: Output,
  line: (step: T) => string,
): (step: T | Sending) => void {
  let toldAt = 0
  return (step) => {
    if (!isSending(step)) {
      output.progress(step, line(step))
      return
    }
    const [done, all] =
      step.event === 'sent' ? [step.sentBytes, step.sizeBytes] : [step.doneBytes, step.totalBytes]
    const now = performance.now()
    if (now - toldAt < TELL_MS && done < all) return
    toldAt = now
    if (output.jsonProgress) output.progress(step, '')
    else output.live(`  ${step.role}: ${formatBytes(done)} of ${formatBytes(all)} ${step.event}`)
  }
}

function isSending(step: ProgressLine): step is Sending {
  return step.event === 'sent' || step.event === 'packed'
}
