import { isAnnealError } from '../core/index.ts'
import { decide, begin, isStable } from '../node/index.ts'
import type { Effect, Plan, Reason, Run, RunEvent, StableState } from '../node/index.ts'
import type { JournalEntry, NodeWorld, PullProgress } from '../ports/index.ts'
import { raise } from './errors.ts'
import { execute } from './executors.ts'
import type { ExecutorContext } from './executors.ts'
import { Journal, replay } from './journal.ts'
import { OutageMeter } from './outage-meter.ts'
import { makeReport } from './report.ts'
import type { RunReport, Timing } from './report.ts'
import { loadSides, saveSides } from './side.ts'
import type { Sides } from './side.ts'

export type RunOptions = Readonly<{
  signal?: AbortSignal
  onEntry?: (entry: JournalEntry) => void
  onPull?: (progress: PullProgress) => void
}>

/** Deadlines, in milliseconds, beyond which an effect counts as failed. A stop adds the service's own grace. */
const DEADLINES_MS: Partial<Record<Effect['kind'], number>> = {
  pullImage: 3_600_000,
  check: 300_000,
  rescue: 120_000,
  prewarm: 120_000,
  awaitReady: 900_000,
  prove: 120_000,
}
const DEFAULT_DEADLINE_MS = 60_000

/**
 * Applies a plan: journal the intention, do, journal the outcome, decide, until the run rests.
 * The caller holds the node's lock and has recovered whatever an earlier run left.
 */
export async function runUpgrade(
  world: NodeWorld,
  plan: Plan,
  sides: Sides,
  runId: string,
  options: RunOptions = {},
): Promise<RunReport> {
  const before = replay(await world.state.readJournal())
  if (before !== undefined && !before.ended) {
    throw raise('RUN_UNFINISHED', { run: before.run, state: before.state.state })
  }
  await saveSides(world.state, runId, sides)
  await world.state.startJournal()
  const journal = new Journal(runId, 0, world, options.onEntry ?? (() => undefined))
  await journal.planned(plan)
  const { next, effects } = begin(plan)
  return drive({ world, sides, journal, options, startedAt: world.clock.now() }, next, effects)
}

/**
 * Brings an interrupted run to rest. Gives its report, or undefined where there was nothing to do.
 * A run that had ended but was not reported yet is reported.
 */
export async function recoverRun(world: NodeWorld, options: RunOptions = {}): Promise<RunReport | undefined> {
  const replayed = replay(await world.state.readJournal())
  if (replayed === undefined || replayed.ended) return undefined
  const sides = await loadSides(world.state, replayed.run, replayed.state.plan)
  const journal = new Journal(
    replayed.run,
    replayed.nextSequence,
    world,
    options.onEntry ?? (() => undefined),
  )
  const drivers = { world, sides, journal, options, startedAt: Date.parse(replayed.startedAt) }
  if (isStable(replayed.state.state)) return drive(drivers, replayed.state, [])
  const event: RunEvent = { type: 'recovered' }
  const decision = decide(replayed.state, event)
  if (!decision.legal)
    throw raise('JOURNAL_BROKEN', { run: replayed.run, sequence: replayed.nextSequence, why: decision.why })
  await journal.happened(event, decision.next.state)
  return drive(drivers, decision.next, decision.effects)
}

type Drivers = Readonly<{
  world: NodeWorld
  sides: Sides
  journal: Journal
  options: RunOptions
  startedAt: number
}>

async function drive(drivers: Drivers, first: Run, firstEffects: readonly Effect[]): Promise<RunReport> {
  const { world, sides, journal, options } = drivers
  let run = first
  let effects = firstEffects
  let cancelled = false
  const timings: Timing[] = []
  const meter = new SwitchMeter(world, sides)
  const context: ExecutorContext = {
    world,
    plan: run.plan,
    sides,
    run: () => run,
    signal: options.signal ?? new AbortController().signal,
    onPull: options.onPull ?? (() => undefined),
  }
  const step = async (event: RunEvent): Promise<void> => {
    const decision = decide(run, event)
    if (!decision.legal) throw raise('JOURNAL_BROKEN', { run: journal.run, sequence: -1, why: decision.why })
    await journal.happened(event, decision.next.state)
    run = decision.next
    effects = decision.effects
  }

  try {
    for (;;) {
      const effect = effects[0]
      if (effect === undefined) break
      if (context.signal.aborted && !cancelled) {
        cancelled = true
        await step({ type: 'cancelled' })
        continue
      }
      meter.entering(run.state)
      await journal.intended(effect)
      const state = run.state
      const startedAt = world.clock.monotonic()
      const event = await withDeadline(effect, context)
      timings.push({
        state,
        effect,
        ms: Math.round(world.clock.monotonic() - startedAt),
        failed: event.type === 'effectFailed',
      })
      await step(event)
      if (event.type === 'effectFailed' && run.attempts > 0) await beforeRetry(world, run.attempts)
    }
  } finally {
    await meter.end()
  }

  const report = makeReport({
    runId: journal.run,
    run: run as Run & { state: StableState },
    startedAt: drivers.startedAt,
    endedAt: world.clock.now(),
    timings,
    outage: meter.outage,
    engine: await world.engine.facts().then(
      ({ kind, version }) => ({ kind, version }),
      () => undefined,
    ),
  })
  const hash = await recordOnce(world, report)
  await journal.ended(run.state)
  return { ...report, hash }
}

/** How long a retry waits for an engine that is away, as one that systemd starts again is for some seconds. */
const ENGINE_PATIENCE_MS = 60_000

async function beforeRetry(world: NodeWorld, attempts: number): Promise<void> {
  await world.clock.sleep(500 * attempts)
  const until = world.clock.monotonic() + ENGINE_PATIENCE_MS
  while (world.clock.monotonic() < until && !(await answers(world))) await world.clock.sleep(500)
}

function answers(world: NodeWorld): Promise<boolean> {
  return world.engine.listContainers({ running: true }).then(
    () => true,
    (error: unknown) => !isAnnealError(error, 'ENGINE_UNREACHABLE'),
  )
}

/** A crash between the record and the journal's end must not record a run twice. */
async function recordOnce(world: NodeWorld, report: RunReport): Promise<string> {
  const last = (await world.state.readHistory()).at(-1)
  if ((last?.record as RunReport | undefined)?.run === report.run && last !== undefined) return last.hash
  return world.state.appendHistory(report)
}

/** Measures from the first stop to the proof. */
class SwitchMeter {
  outage: Awaited<ReturnType<OutageMeter['stop']>> | undefined
  readonly #meter: OutageMeter | undefined
  #running = false

  constructor(world: NodeWorld, sides: Sides) {
    const place = sides.next.libvirt ?? sides.old.libvirt
    this.#meter = place === undefined ? undefined : new OutageMeter(world.hypervisor(place), world.clock)
  }

  entering(state: Run['state']): void {
    if (state !== 'switching' || this.#running) return
    this.#meter?.start()
    this.#running = true
  }

  async end(): Promise<void> {
    if (this.#running) this.outage = await this.#meter?.stop()
  }
}

async function withDeadline(effect: Effect, context: ExecutorContext): Promise<RunEvent> {
  const grace = effect.kind === 'stopContainer' ? effect.args.graceMs : 0
  const ms = (DEADLINES_MS[effect.kind] ?? DEFAULT_DEADLINE_MS) + grace
  const timer = new AbortController()
  try {
    return await Promise.race([execute(effect, context), timeout(context, effect, ms, timer.signal)])
  } finally {
    timer.abort()
  }
}

async function timeout(
  context: ExecutorContext,
  effect: Effect,
  ms: number,
  signal: AbortSignal,
): Promise<RunEvent> {
  await context.world.clock.sleep(ms, signal)
  const error = raise('EFFECT_TIMEOUT', {
    effect: effect.kind,
    seconds: Math.round(ms / 1000),
    engine: context.world.engine.kind,
  })
  const reason: Reason = { code: error.code, message: error.message, remedy: error.remedy }
  return { type: 'effectFailed', reason, retry: error.retry }
}
