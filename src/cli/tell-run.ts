import { EXIT, formatBytes } from '../core/index.ts'
import type { ExitCode } from '../core/index.ts'
import type { JournalProgress } from '../contract/index.ts'
import type { RunControl, RunReport } from '../app/node/index.ts'
import type { Effect } from '../node/index.ts'
import type { JournalEntry, PullProgress } from '../ports/index.ts'
import { describeEffect, describeReport } from './describe.ts'
import type { Output } from './output.ts'

/** Tells how a run went. */
export function tell(report: RunReport, output: Output): ExitCode {
  output.data(report, () => describeReport(report, output))
  return exitOf(report)
}

/** What a program sees of a run by its exit code. */
export function exitOf(report: RunReport): ExitCode {
  switch (report.outcome) {
    case 'committed':
      return EXIT.ok
    case 'refused':
      return report.reason?.code === 'GUESTS_ENDANGERED' ? EXIT.endangered : EXIT.refused
    case 'abandoned':
      return EXIT.failed
    case 'rolledBack':
      return EXIT.rolledBack
    case 'attention':
      return EXIT.attention
  }
}

/** Tells of an earlier run that was brought to rest first. */
export function tellRecovered(output: Output): RunControl {
  return {
    onRecovered: (report) => output.say(`recovered an interrupted run: ${report.outcome}`),
  }
}

/** What a run says while it runs, and what interrupts it. */
export function runControl(output: Output, signal: AbortSignal): RunControl {
  return {
    ...tellRecovered(output),
    signal,
    onEntry: (entry) => tellEntry(entry, output),
    onPull: (progress) => tellPull(progress, output),
  }
}

function tellEntry(entry: JournalEntry, output: Output): void {
  const event: JournalProgress = {
    event: entry.type as JournalProgress['event'],
    at: entry.at,
    run: entry.run,
    data: entry.type === 'planned' ? undefined : entry.data,
  }
  switch (entry.type) {
    case 'intended':
      output.progress(event, `  ${describeEffect(entry.data as Effect)}`)
      return
    case 'happened': {
      const outcome = (entry.data as { event: { type: string; reason?: { message: string } } }).event
      if (outcome.type === 'effectFailed')
        output.progress(event, `  ${output.red('failed')}: ${outcome.reason?.message ?? ''}`)
      else if (output.jsonProgress) output.progress(event, '')
      return
    }
    default:
      if (output.jsonProgress) output.progress(event, '')
  }
}

export function tellPull(progress: PullProgress, output: Output): void {
  const { reference, doneBytes, totalBytes, layersDone, layersTotal } = progress
  if (output.jsonProgress) output.progress({ event: 'pull', ...progress }, '')
  output.live(
    `  ${reference}: ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}, ${layersDone}/${layersTotal} layers`,
  )
}
