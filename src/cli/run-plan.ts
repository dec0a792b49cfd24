import { randomBytes } from 'node:crypto'
import { formatBytes } from '../core/index.ts'
import type { ExitCode } from '../core/index.ts'
import type { Effect, Plan } from '../node/index.ts'
import type { JournalEntry, NodeWorld, PullProgress } from '../ports/index.ts'
import { exitOf, recoverNode, runUpgrade } from '../runtime/index.ts'
import type { RunOptions, RunReport, Sides } from '../runtime/index.ts'
import { describeEffect, describeReport } from './describe.ts'
import { keepEngine } from './node-world.ts'
import type { Output } from './output.ts'

/** Takes the node's lock, brings an interrupted run to rest first, then does `work`. */
export async function withNode<T>(
  world: NodeWorld,
  action: string,
  options: RunOptions,
  output: Output,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await world.state.lock(
    `${action}, pid ${process.pid}, since ${new Date(world.clock.now()).toISOString()}`,
  )
  try {
    const { report } = await recoverNode(world, options)
    if (report !== undefined) output.say(`an interrupted run was brought to rest: ${report.outcome}`)
    return await work()
  } finally {
    await lock.release()
  }
}

/** Applies a plan and tells how it went. */
export async function applyPlan(
  world: NodeWorld,
  plan: Plan,
  sides: Sides,
  options: RunOptions,
  output: Output,
): Promise<ExitCode> {
  const runId = `${new Date(world.clock.now()).toISOString().replaceAll(/[-:.]/g, '')}-${randomBytes(3).toString('hex')}`
  await keepEngine(world)
  const report = await runUpgrade(world, plan, sides, runId, options)
  return tell(report, output)
}

export function tell(report: RunReport, output: Output): ExitCode {
  output.data(report, () => describeReport(report, output))
  return exitOf(report)
}

/** What a run says while it runs. */
export function runOptions(signal: AbortSignal, output: Output): RunOptions {
  return {
    signal,
    onEntry: (entry) => tellEntry(entry, output),
    onPull: (progress) => tellPull(progress, output),
  }
}

function tellEntry(entry: JournalEntry, output: Output): void {
  const event = {
    event: entry.type,
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

function tellPull(progress: PullProgress, output: Output): void {
  const { reference, doneBytes, totalBytes, layersDone, layersTotal } = progress
  if (output.jsonProgress) output.progress({ event: 'pull', ...progress }, '')
  output.live(
    `  ${reference}: ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}, ${layersDone}/${layersTotal} layers`,
  )
}
